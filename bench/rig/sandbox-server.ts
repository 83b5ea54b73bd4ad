import type * as tools from '../../src/tool/builtin/execute-javascript/execute-javascript.ts';

/* The built server, in whose process programs take what they can from one SIGUSR2 to the next. */

/** Programs that go on until they are stopped, or until they have taken all that they may have. */
const PROGRAMS = [
  'for (;;);',
  'const f = () => Promise.resolve().then(f); f();',
  'const all = []; for (;;) all.push({ all });',
  'new Array(1e9) + ""',
  'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  'const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));',
  '/^(a+)+$/.test("a".repeat(60) + "b")',
  'let s = "x"; for (;;) s += s;',
  'for (;;) console.log("line");',
];
/** More than run at once, so that a place that becomes free is taken at once. */
const CALLERS = 4;

/** A module of the built server; its types are those of its source. */
const built = (path: string): Promise<unknown> =>
  import(new URL(`../../dist/src/${path}`, import.meta.url).href);

const { ExecuteJavascript } = (await built(
  'tool/builtin/execute-javascript/execute-javascript.js',
)) as typeof tools;
const tool = new ExecuteJavascript();
let stop: AbortController | undefined;

process.on('SIGUSR2', () => {
  if (stop !== undefined) {
    stop.abort();
    stop = undefined;
    return;
  }
  stop = new AbortController();
  for (let caller = 0; caller < CALLERS; caller += 1) void exhaust(caller, stop.signal);
});

async function exhaust(number: number, signal: AbortSignal): Promise<void> {
  const caller = {
    id: `exhausting-${number}`,
    org: 'bench',
    roles: ['user'],
    clearance: 'public',
    name: undefined,
    email: undefined,
  } as const;
  for (let program = number; !signal.aborted; program += 1) {
    const code = PROGRAMS[program % PROGRAMS.length];
    const call = tool.call({ code }, { caller, turnId: 'bench', callId: 'bench' }, signal);
    await call.next().catch((error: unknown) => {
      if (!signal.aborted) console.error(error);
    });
  }
}

await built('main.js');
