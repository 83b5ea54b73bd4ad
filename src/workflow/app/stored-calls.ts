import type { ToolCall } from '../../kernel/index.js';
import { failedResult, type ToolCallResult, type ToolSuspension } from '../../tool/index.js';
import type { Once, TurnJournal } from './journal.js';

type Arguments = Readonly<Record<string, unknown>>;

/** A call that has asked people, as the journal has it: with the arguments that it goes on with. */
export type SuspendedResult = ToolCallResult & {
  readonly suspended: ToolSuspension & { readonly args: Arguments };
};

/** What came of a call, or what it has asked, and how often it had been begun by then. */
interface StoredCall {
  readonly leg: number;
  readonly result: ToolCallResult;
}

/** What the journal knows a call by, and each further one that the same call takes when it has asked people. */
export function keyOf({ id }: ToolCall, leg = 1): string {
  return leg === 1 ? `tool:${id}` : `tool-${leg}:${id}`;
}

/** What is known of the call from an earlier execution: its result, or what it has asked last. */
export async function latestOf(journal: TurnJournal, call: ToolCall): Promise<StoredCall | undefined> {
  let last: StoredCall | undefined;
  for (let leg = 1; last === undefined || last.result.suspended !== undefined; leg += 1) {
    const before = await journal.before<ToolCallResult>(keyOf(call, leg));
    if (before === undefined) return last;
    last = { leg, result: resultIn(before) };
  }
  return last;
}

/** What the journal has of a call, as its result. */
export function resultIn(came: Once<ToolCallResult>): ToolCallResult {
  return came.outcome === 'done' ? came.result : failedResult(UNKNOWN);
}

/** A result, with what the model is told first where a person has changed the arguments. */
export type NotedResult = ToolCallResult & { readonly note?: string };

/** The result as the journal has it: a call that has asked goes on with these arguments. */
export function withArguments(result: ToolCallResult, args: Arguments, note?: string): NotedResult {
  const noted: NotedResult = note === undefined ? result : { ...result, note };
  if (noted.suspended === undefined) return noted;
  return { ...noted, suspended: { ...noted.suspended, args } } as SuspendedResult;
}

/** What is said of a call that was not made as the model has asked for it. */
export function noteOfChange(args: string): string {
  const left = args.length - MAX_NOTED_CHARS;
  const shown = left <= 0 ? args : `${args.slice(0, MAX_NOTED_CHARS)} [${left} more characters]`;
  return `The user changed the arguments of this call to ${shown.toWellFormed()}\n\n`;
}

/** UTF-16 code units of changed arguments that the model is told. */
const MAX_NOTED_CHARS = 2_000;

const UNKNOWN =
  'Whether this call was carried out is unknown: the server stopped while it ran. It was not repeated. ' +
  'Tell the user, and do not call it again by yourself.';
