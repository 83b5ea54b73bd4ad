import type { ToolCall } from '../../kernel/index.js';

/** Calls of one answer that are told of: those that follow are counted. */
const MAX_TOLD_CALLS = 128;
/** UTF-16 code units of a call's id. */
export const MAX_ID_CHARS = 128;
/** No tool has a longer name. */
const MAX_NAME_CHARS = 128;
/** What a call is called that names nothing: no provider takes a call without a name again. */
export const UNNAMED = 'unnamed';
/** UTF-16 code units of arguments that the calls of one answer have together: the journal has to have room for them. */
const MAX_ARGUMENTS_CHARS = 300_000;
/** No arguments of any tool, so that a call with them is answered and not made. */
const TOO_LONG = JSON.stringify('[The arguments were too long, and are left out.]');

/**
 * The calls of an answer as they can be kept, each with a name of its own in the turn, whatever its provider calls it. Adds
 * the names to those that are used.
 */
export function nameCalls(calls: readonly ToolCall[], used: Set<string>): ToolCall[] {
  let left = MAX_ARGUMENTS_CHARS;
  return calls.slice(0, MAX_TOLD_CALLS).map((call) => {
    const own = call.id.slice(0, MAX_ID_CHARS).replaceAll('\0', '').toWellFormed() || 'call';
    let id = own;
    for (let more = 2; used.has(id); more += 1) id = `${own.slice(0, 120)}_${more}`;
    used.add(id);
    const fits = call.arguments.length <= left;
    if (fits) left -= call.arguments.length;
    const name = call.name.slice(0, MAX_NAME_CHARS).replaceAll('\0', '').toWellFormed();
    return { ...call, id, name: name || UNNAMED, arguments: fits ? call.arguments : TOO_LONG };
  });
}
