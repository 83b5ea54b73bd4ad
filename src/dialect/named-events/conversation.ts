import type { ConversationBody } from './named-events-schemas.js';

/** A client's list of messages as a question: what it asks, what was said before, and how it is to be answered. */
export interface Conversation {
  readonly content: string;
  /** The client's own id of the message it asks. */
  readonly messageId: string | undefined;
  readonly history: readonly Pick<ConversationBody['messages'][number], 'role' | 'content'>[];
  readonly systemPrompt: string | undefined;
}

/** Reads the list. System messages at its beginning join the system prompt, later ones keep their place; empty ones say nothing. */
export function conversationIn({ messages, systemPrompt }: ConversationBody): Conversation {
  const earlier = messages.slice(0, -1).filter(({ content }) => content.trim() !== '');
  const asked = messages.at(-1);
  const begin = earlier.findIndex(({ role }) => role !== 'system');
  const [system, said] = begin < 0 ? [earlier, []] : [earlier.slice(0, begin), earlier.slice(begin)];
  const prompts = [systemPrompt ?? '', ...system.map(({ content }) => content)].filter(
    (prompt) => prompt.trim() !== '',
  );
  return {
    content: asked?.content ?? '',
    messageId: asked?.id,
    history: said.map(({ role, content }) => ({ role, content })),
    systemPrompt: prompts.length === 0 ? undefined : prompts.join('\n\n'),
  };
}
