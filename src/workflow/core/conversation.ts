import { quotedResult, type HistoryMessage } from '../../kernel/index.js';
import { readableCalls } from './readable-calls.js';

/** What stands for the result of a call that was not carried out. */
export const CALL_CANCELLED = 'This call was cancelled.';

type Spoken = Exclude<HistoryMessage, { role: 'tool' }>;
type Line =
  { role: 'tool'; message: HistoryMessage } | { role: Spoken['role']; message: Spoken; texts: string[] };

/**
 * The same conversation as every model takes it. Each speaker has the word in turn: a turn that failed or was stopped leaves a
 * question without an answer, and many models' templates refuse two questions in a row, from then on and for ever; what one
 * speaker says in a row is one message. What says nothing is left out. Each call of a tool has its result behind it,
 * and no result is without its call; one that may have words from outside is quoted.
 */
export function conversationOf(messages: readonly HistoryMessage[]): HistoryMessage[] {
  const lines: Line[] = [];
  let open = new Map<string, string>();
  for (const message of messages) {
    if (message.role === 'tool') {
      const name = open.get(message.toolCallId);
      if (name === undefined) continue;
      open.delete(message.toolCallId);
      const content = quotedResult(name, message.content);
      lines.push({ role: 'tool', message: { ...message, content } });
      continue;
    }
    const calls = callsOf(message);
    if (message.content.trim() === '' && calls.length === 0) continue;
    lines.push(...cancelled(open.keys()));
    open = new Map(calls);
    say(lines, message);
  }
  lines.push(...cancelled(open.keys()));
  return lines.map((line) =>
    line.role === 'tool' ? line.message : { ...shown(line.message), content: line.texts.join('\n\n') },
  );
}

function say(lines: Line[], message: Spoken): void {
  const last = lines.at(-1);
  const texts = message.content.trim() === '' ? [] : [message.content];
  if (last === undefined || last.role === 'tool' || last.role !== message.role) {
    lines.push({ role: message.role, message, texts });
    return;
  }
  // One with calls is never the last but one: their results have come behind it.
  last.texts.push(...texts);
  last.message = { ...message, content: '' };
}

function shown(message: Spoken): Spoken {
  if (message.role !== 'assistant' || message.toolCalls === undefined) return message;
  return { ...message, toolCalls: readableCalls(message.toolCalls) };
}

/** The names of what it calls, by the ids of the calls. */
function callsOf(message: Spoken): readonly (readonly [string, string])[] {
  return message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id, name }) => [id, name]) : [];
}

function cancelled(calls: Iterable<string>): Line[] {
  return [...calls].map((toolCallId) => ({
    role: 'tool',
    message: { role: 'tool', toolCallId, content: CALL_CANCELLED },
  }));
}
