import type { SpokenMessage } from '../../kernel/index.js';

/**
 * The same conversation with each speaker in turn. A turn that failed or was stopped leaves a question without an answer,
 * and many models' templates refuse two questions in a row, from then on and for ever: what one speaker says in a row is
 * one message. What says nothing is left out.
 */
export function inTurn(messages: readonly SpokenMessage[]): SpokenMessage[] {
  const turns: { role: SpokenMessage['role']; texts: string[] }[] = [];
  for (const { role, content } of messages) {
    if (content.trim() === '') continue;
    const last = turns.at(-1);
    if (last?.role === role) last.texts.push(content);
    else turns.push({ role, texts: [content] });
  }
  return turns.map(({ role, texts }) => ({ role, content: texts.join('\n\n') }));
}
