import { z } from 'zod';
import { storableText } from '../../platform/http/index.js';
import { absent, content, name, provider, spokenContent } from '../body-parts.js';

const MAX_MESSAGES = 1_000;
const MAX_SYSTEM_CHARS = 20_000;

const message = z.strictObject({
  id: absent(name),
  role: z.enum(['user', 'assistant', 'system']),
  content: spokenContent,
  timestamp: absent(z.union([storableText(100), z.number()])),
});

export const conversationBody = z
  .strictObject({
    messages: z
      .array(message)
      .min(1, { error: 'is empty' })
      .max(MAX_MESSAGES, { error: `has more than ${MAX_MESSAGES} messages` })
      .describe('What was said, as the client knows it; the message to answer is the last.'),
    model: name,
    provider,
    chatId: absent(name).describe(
      'A thread, or a name of your own for one, which is made when it is first used.',
    ),
    systemPrompt: absent(storableText(MAX_SYSTEM_CHARS)),
  })
  .superRefine(({ messages }, context) => {
    const last = messages.at(-1);
    const path = ['messages', messages.length - 1];
    if (last?.role !== 'user') {
      context.addIssue({
        code: 'custom',
        path: [...path, 'role'],
        message: 'is not user: the last one asks',
      });
    } else if (!content.safeParse(last.content).success) {
      context.addIssue({ code: 'custom', path: [...path, 'content'], message: 'is empty' });
    }
  });

export type ConversationBody = z.output<typeof conversationBody>;

/** The JSON in the `data:` line of a frame, by the name in its `event:` line. */
export const conversationFrame = z.union([
  z.object({ messageId: z.uuid() }).describe('message-start'),
  z.object({ messageId: z.uuid(), content: z.string(), done: z.literal(false) }).describe('message-chunk'),
  z.object({ messageId: z.uuid(), fullContent: z.string() }).describe('message-complete'),
  z.object({ message: z.string(), code: z.string(), retryable: z.boolean() }).describe('error'),
]);
