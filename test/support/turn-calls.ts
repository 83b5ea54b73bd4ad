import { newUser } from './callers.js';
import { keepResult } from './tools.js';
import { MemoryRunJournal } from '../doubles/memory-run-journal.js';
import type { RequestedInput, ResolvedInput, StepEvent, ToolCall } from '../../src/kernel/index.js';
import { CallTool, type Tool } from '../../src/tool/index.js';
import { Journal } from '../../src/workflow/app/journal.js';
import type { AskedCall } from '../../src/workflow/app/asked-call.js';
import { ToolCalls } from '../../src/workflow/app/tool-calls.js';

/** Whose turn it is. */
export const caller = newUser('caller');
const uncounted = { called: () => undefined } as unknown as ConstructorParameters<typeof CallTool>[0];
/** What makes the calls; nobody counts them. */
export const tools = new CallTool(uncounted, keepResult());

/** A call of a model. */
export const called = (id: string, name = 'count', args = '{}'): ToolCall => ({ id, name, arguments: args });

/** Calls of one tool, under these names. */
export const asked = (tool: Tool | undefined, ...ids: readonly string[]) =>
  ids.map((id) => ({ call: called(id), tool }));

/** What a person has said to a question. */
export const answered = (
  { id, key }: RequestedInput,
  outcome: ResolvedInput['outcome'],
  content: unknown = null,
): ResolvedInput => ({ id, key, outcome, content, remember: false, answeredBy: null, answeredAt: null });

/** The executions of one turn, one after the other, over the same journal. */
export function turn() {
  const rows = new MemoryRunJournal();
  let epoch = 0;
  return {
    rows,
    execution: (
      inputs: readonly ResolvedInput[] = [],
      signal = new AbortController().signal,
      leaving?: AbortSignal,
    ) => {
      epoch += 1;
      const told: StepEvent[] = [];
      const tell = (event: StepEvent) => {
        signal.throwIfAborted();
        told.push(event);
        return undefined;
      };
      const writer = { threadId: 'thread', turnId: 'turn', epoch };
      const approvals = { isRemembered: () => Promise.resolve(false), remember: () => Promise.resolve() };
      const journal = new Journal(rows, writer, epoch > 1);
      const calls = new ToolCalls(
        { tools, approvals, journal, tell, signal, leaving },
        { caller, threadId: 'thread', turnId: 'turn' },
        new Map(inputs.map((one) => [one.key, one])),
      );
      return { told, run: (round: readonly AskedCall[]) => calls.run(round) };
    },
  };
}
