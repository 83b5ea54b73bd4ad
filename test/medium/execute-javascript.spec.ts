import { ExecuteJavascript } from '../../src/tool/builtin/execute-javascript/execute-javascript.js';
import { callOf, describeTool } from '../contracts/tool.contract.js';

const BUILT_WORKER = new URL(
  '../../dist/src/tool/builtin/execute-javascript/sandbox-worker.js',
  import.meta.url,
);

/** What has an end has it however busy the machine is. */
const tool = new ExecuteJavascript({ worker: BUILT_WORKER, runMs: 60_000 });

describeTool('execute_javascript', () => ({
  tool,
  succeeds: { code: '1 + 1' },
  fails: { code: 'null.x' },
  hangs: { code: 'for (;;);' },
}));

/** The texts of what comes of a program. */
async function run(code: string): Promise<{ ok: boolean; texts: readonly string[] }> {
  const { output } = await callOf(tool, { code });
  return { ok: output.ok, texts: output.parts.map((part) => (part.type === 'text' ? part.text : part.type)) };
}

const VALUES: ReadonlyArray<readonly [code: string, ...texts: readonly string[]]> = [
  ['6 * 7', '42'],
  ['const a = 6; let b = 7; a * b', '42'],
  ['"text"', '"text"'],
  ['({ a: [1, "two", null] })', '{"a":[1,"two",null]}'],
  ['await Promise.resolve(5)', '5'],
  ['Promise.resolve(5)', '5'],
  ['const f = async () => 6; const six = await f(); six + 1', '7'],
  ['undefined', 'undefined'],
  ['NaN', 'NaN'],
  ['10n ** 20n', '100000000000000000000n'],
  ['new Map([["a", 1]])', '[["a",1]]'],
  ['new Set([1, 2])', '[1,2]'],
  ['new Uint8Array(3)', '[0,0,0]'],
  ['[1n, Symbol("s"), function f() {}]', '["1n","Symbol(s)","[Function f]"]'],
  ['console.log("a", 1, { b: 2 }); console.error("c"); 3', 'a 1 {"b":2}\nc', '3'],
  ['Promise.resolve().then(() => console.log("later")); 1', 'later', '1'],
  ['Promise.reject(new Error("nobody looks")); 1', '1'],
  ['"a\\0b"', '"a\\u0000b"'],
  ['console.log("a\\0b")', 'a\u{FFFD}b', 'undefined'],
];

const ERRORS: ReadonlyArray<readonly [code: string, ...texts: readonly string[]]> = [
  ['\nnull.x', "TypeError: cannot read property 'x' of null (line 2)"],
  ['\n\nfoo', "ReferenceError: 'foo' is not defined (line 3)"],
  ['1;\nlet = ;', expect.stringMatching(/^SyntaxError: .* \(line 2\)$/) as string],
  ['function f() {\n  throw new RangeError("no")\n}\nf()', 'RangeError: no (line 2)'],
  ['await 0;\nthrow new Error("later")', 'Error: later (line 2)'],
  ['throw 5', 'Uncaught 5'],
  ['throw { a: 1 }', 'Uncaught {"a":1}'],
  ['console.log("before"); throw new Error("after")', 'before', 'Error: after (line 1)'],
];

describe('a program', () => {
  it.each(VALUES)('%s ends with its value', async (code, ...texts) => {
    expect(await run(code)).toEqual({ ok: true, texts });
  });

  it.each(ERRORS)('%s ends with its error', async (code, ...texts) => {
    expect(await run(code)).toEqual({ ok: false, texts });
  });
});
