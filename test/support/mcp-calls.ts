import type { Tool, ToolContext, ToolOutput, ToolSuspension } from '../../src/tool/index.js';

const ARGS = { name: 'Ada' };

/** What has come of a call. */
type Outcome = ToolOutput | ToolSuspension;

/** What people have answered, by the keys of the questions. */
export type Answers = Record<
  string,
  { outcome: 'accepted' | 'declined' | 'cancelled' | 'expired'; content: unknown }
>;

/** Calls a tool until it answers or asks. */
export async function outcomeOf(tool: Tool, context: ToolContext, args: object = ARGS): Promise<Outcome> {
  const call = tool.call({ ...args }, context, new AbortController().signal);
  for (;;) {
    const next = await call.next();
    if (next.done === true) return next.value;
  }
}

/** Calls a tool that asks. */
export async function askedBy(tool: Tool, context: ToolContext, args?: object): Promise<ToolSuspension> {
  const outcome = await outcomeOf(tool, context, args);
  expect(outcome).toHaveProperty('asks');
  return outcome as ToolSuspension;
}

/** Goes on with a call that has asked. */
export const goOn = (tool: Tool, context: ToolContext, suspended: ToolSuspension, answers: Answers) =>
  outcomeOf(tool, { ...context, resumed: { ...suspended, answers } });

export const accepted = (key: string, content: unknown): Answers => ({
  [key]: { outcome: 'accepted', content },
});

export const textOf = (output: Outcome) => ('parts' in output ? output.parts : []);
