import { setTimeout as pause } from 'node:timers/promises';
import type { ToolOutput } from '../../src/tool/core/tool-output.js';
import type { Tool, ToolContext, ToolProgress } from '../../src/tool/ports/tool.js';
import { newId } from '../../src/kernel/index.js';
import { newUser } from '../support/callers.js';

export interface ToolUnderTest {
  readonly tool: Tool;
  /** Arguments with which it succeeds. */
  readonly succeeds: Readonly<Record<string, unknown>>;
  /** Arguments that fit the parameters, with which it cannot do what it is asked. */
  readonly fails: Readonly<Record<string, unknown>>;
  /** Arguments with which it takes seconds; absent where it never does. */
  readonly hangs?: Readonly<Record<string, unknown>>;
}

const contextOf = (): ToolContext => ({
  caller: newUser(),
  turnId: newId(),
  threadId: newId(),
  callId: newId(),
});

/** Calls a tool to its end. */
export async function callOf(
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  signal = new AbortController().signal,
): Promise<{ readonly progress: readonly ToolProgress[]; readonly output: ToolOutput }> {
  const progress: ToolProgress[] = [];
  const call = tool.call(args, contextOf(), signal);
  for (;;) {
    const next = await call.next();
    if (next.done !== true) {
      progress.push(next.value);
      continue;
    }
    if ('asks' in next.value) throw new Error('the tool asks somebody');
    return { progress, output: next.value };
  }
}

/** Holds an implementation to every promise of {@link Tool}. */
export function describeTool(name: string, setUp: () => ToolUnderTest): void {
  describe(`the tool ${name}`, () => {
    it('is described by a name, words and a schema that models take', () => {
      const { definition } = setUp().tool;
      expect(definition.name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(definition.title.length).toBeGreaterThan(0);
      expect(definition.description.length).toBeGreaterThan(20);
      expect(definition.description.length).toBeLessThan(2_000);
      expect(definition.parameters).toMatchObject({ type: 'object', additionalProperties: false });
      expect(definition.limits.idleMs).toBeLessThanOrEqual(definition.limits.totalMs);
    });

    it('comes to an output within its bound', async () => {
      const { tool, succeeds } = setUp();
      const { output } = await callOf(tool, succeeds);
      expect(output.ok).toBe(true);
      expect(output.parts.length).toBeGreaterThan(0);
      expect(JSON.stringify(output.parts).length).toBeLessThanOrEqual(
        tool.definition.limits.maxResultChars * 2,
      );
    });

    it('says in words why it could not', async () => {
      const { tool, fails } = setUp();
      const { output } = await callOf(tool, fails);
      expect(output.ok).toBe(false);
      expect(output.parts).toEqual([{ type: 'text', text: expect.stringMatching(/\w+/) as string }]);
    });

    it('does nothing for a call that was stopped before it began', async () => {
      const { tool, succeeds } = setUp();
      const reason = new Error('stopped');
      await expect(callOf(tool, succeeds, AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('ends with the reason when it is stopped in the middle', async () => {
      const { tool, hangs } = setUp();
      if (hangs === undefined) return;
      const controller = new AbortController();
      const reason = new Error('stopped');
      const call = callOf(tool, hangs, controller.signal);
      const ended = call.then(
        () => 'came to an output',
        (error: unknown) => error,
      );
      await pause(200);
      controller.abort(reason);
      expect(await ended).toBe(reason);
    });
  });
}
