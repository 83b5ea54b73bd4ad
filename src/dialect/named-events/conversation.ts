import type { ConversationBody } from './named-events-schemas.js';

/** A client's list of messages as a question: the message to answer, the history, and the options. */
export interface Conversation {
  readonly content: string;
  /** The client's own id of the last message. */
  readonly messageId: string | undefined;
  readonly history: readonly Pick<ConversationBody['messages'][number], 'role' | 'content'>[];
  readonly systemPrompt: string | undefined;
}

/**
 * Reads the list. System messages at its beginning are added to the system prompt, later ones keep their place; empty
 * ones are dropped.
 */
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
