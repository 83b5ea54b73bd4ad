import { setTimeout as pause } from 'node:timers/promises';
import { ExecuteJavascript } from '../../src/tool/builtin/execute-javascript/execute-javascript.js';
import { callOf } from '../contracts/tool.contract.js';
import { ENDLESS, ESCAPES } from '../support/sandbox-programs.js';
import { sampled } from '../support/size.js';
import { until } from '../support/until.js';

const worker = new URL('../../dist/src/tool/builtin/execute-javascript/sandbox-worker.js', import.meta.url);

/** What has an end has it however busy the machine is; what has none is stopped soon. */
const patient = new ExecuteJavascript({ worker, runMs: 60_000 });
const strict = new ExecuteJavascript({ worker, runMs: 500 });

const TOO_LONG = 'The program took too long and was stopped.';

/** The last text of what comes of a program. */
async function lastOf(tool: ExecuteJavascript, code: string): Promise<string> {
  const { output } = await callOf(tool, { code });
  const texts = output.parts.map((part) => (part.type === 'text' ? part.text : part.type));
  expect(texts.join('\n')).not.toMatch(/node_modules|file:|\.mjs|\.wasm|wasm-function|\/dist\/|\/src\//);
  return texts.at(-1) ?? '';
}

afterEach(async () => {
  // None lives over its time.
  await until(() => patient.liveWorkers + strict.liveWorkers === 0);
});

describe('a program that looks for a way out, or takes what it can', () => {
  const before = Reflect.ownKeys(Object.prototype).length;

  it.each(sampled(ESCAPES, 4))('finds nothing: %s', async (_, code, last) => {
    expect(await lastOf(patient, code)).toMatch(last);
    expect(Reflect.ownKeys(Object.prototype)).toHaveLength(before);
  });

  it.each(sampled(ENDLESS, 4))('is stopped: %s', async (_, code) => {
    expect(await lastOf(strict, code)).toBe(TOO_LONG);
  });

  it('leaves nothing for the next one', async () => {
    await lastOf(
      patient,
      'globalThis.left = 1; Object.prototype.left = 1; Array.prototype.map = null; console.log = null',
    );
    expect(await lastOf(patient, '[typeof left, typeof {}.left, typeof console.log, [1].map(String)]')).toBe(
      '["undefined","undefined","function",["1"]]',
    );
  });

  it('keeps what was written to the console before it was stopped', async () => {
    const { output } = await callOf(new ExecuteJavascript({ worker }), {
      code: 'console.log("begun"); Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
    });
    expect(output).toEqual({
      ok: false,
      parts: [
        { type: 'text', text: 'begun' },
        { type: 'text', text: TOO_LONG },
      ],
    });
  });

  it('has only so much of its console kept', async () => {
    const { output } = await callOf(patient, {
      code: 'for (let i = 0; i < 1e5; i++) console.log("line " + i); console.log("x".repeat(1e7)); 1',
    });
    const [lines, value] = output.parts;
    expect(value).toEqual({ type: 'text', text: '1' });
    const { text } = lines as { readonly text: string };
    expect(text.startsWith('line 0\nline 1\n')).toBe(true);
    expect(text.endsWith('\n[the rest of the console is left out]')).toBe(true);
    expect(text.length).toBeLessThanOrEqual(65_536 + 100);
  });
});

describe('programs of many', () => {
  it('run two at once, wait in a bounded queue, and are refused in words', async () => {
    const tool = new ExecuteJavascript({ worker, runMs: 60_000, maxWaiting: 1 });
    const stop = new AbortController();
    const hanging = [1, 2, 3].map(() =>
      callOf(tool, { code: 'for (;;);' }, stop.signal).catch(() => 'stopped'),
    );
    await until(() => tool.liveWorkers === 2);
    const { output } = await callOf(tool, { code: '1' });
    expect(output).toEqual({
      ok: false,
      parts: [{ type: 'text', text: 'Too many programs are running at the moment. Try again later.' }],
    });
    await pause(50);
    expect(tool.liveWorkers).toBe(2);
    stop.abort(new Error('stopped'));
    expect(await Promise.all(hanging)).toEqual(['stopped', 'stopped', 'stopped']);
    await until(() => tool.liveWorkers === 0);
  });
});
