import type { ModelMessage } from '../../ports/language-model.js';

/** Stands for the missing result of a call. */
export const NOT_CARRIED_OUT = 'This call was not carried out.';

/**
 * Normalises a conversation into one that every provider accepts, keeping its order and details: an empty answer is
 * left out, every call is followed by its result, and a result without its call becomes a user message.
 */
export function normalizeMessages(messages: readonly ModelMessage[]): ModelMessage[] {
  return paired(withoutEmpty(messages));
}

function withoutEmpty(messages: readonly ModelMessage[]): ModelMessage[] {
  const kept: ModelMessage[] = [];
  let hasGap = false;
  for (const message of messages) {
    if (isEmpty(message)) {
      hasGap = true;
      continue;
    }
    const last = kept.at(-1);
    // Otherwise two questions would follow each other, which many models' templates reject.
    if (hasGap && last !== undefined && isPlainQuestion(last) && isPlainQuestion(message)) {
      kept[kept.length - 1] = { role: 'user', content: `${last.content}\n\n${message.content}` };
    } else kept.push(message);
    hasGap = false;
  }
  return kept;
}

function isEmpty(message: ModelMessage): boolean {
  return (
    message.role === 'assistant' && message.content.trim() === '' && (message.toolCalls ?? []).length === 0
  );
}

function isPlainQuestion(message: ModelMessage): boolean {
  if (message.role !== 'user') return false;
  return message.name === undefined && message.images === undefined && message.parts === undefined;
}

/** Results are looked for up to the next answer: they must follow their calls directly. */
function paired(messages: readonly ModelMessage[]): ModelMessage[] {
  const all: ModelMessage[] = [];
  let calls: readonly string[] = [];
  let following: ModelMessage[] = [];
  for (const message of messages) {
    if (message.role !== 'assistant') {
      following.push(message);
      continue;
    }
    all.push(...withResults(calls, following), message);
    calls = (message.toolCalls ?? []).map(({ id }) => id);
    following = [];
  }
  all.push(...withResults(calls, following));
  return all;
}

function withResults(calls: readonly string[], following: readonly ModelMessage[]): ModelMessage[] {
  const open = new Set(calls);
  const results: ModelMessage[] = [];
  const rest: ModelMessage[] = [];
  for (const message of following) {
    if (message.role !== 'tool') rest.push(message);
    else if (open.delete(message.toolCallId)) results.push(message);
    else if (message.content.trim() !== '') rest.push({ role: 'user', content: message.content });
  }
  const missing = [...open].map((toolCallId) => ({
    role: 'tool' as const,
    toolCallId,
    content: NOT_CARRIED_OUT,
  }));
  return [...results, ...missing, ...rest];
}
