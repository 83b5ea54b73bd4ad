import { z } from 'zod';
import { storableText } from '../../platform/http/index.js';
import { absent } from '../body-parts.js';
import { filled } from './fields.js';

const MAX_TEXT_CHARS = 1_000_000;
const MAX_PARTS = 256;
const MAX_CALLS = 128;
const MAX_ID_CHARS = 256;
const MAX_ADDRESS_CHARS = 8_192;

const textPart = z.object({ type: z.literal('text'), text: storableText(MAX_TEXT_CHARS) });
const refusalPart = z.object({ type: z.literal('refusal'), refusal: storableText(MAX_TEXT_CHARS) });

/** The provider gets it as it is: an address it fetches itself, or the picture. */
const picture = z
  .string()
  .refine((url) => /^data:image\/[a-z0-9.+-]{1,64};base64,/i.test(url) || isWebAddress(url), {
    error: 'is no https: address and no data: address of an image in base64',
  });
const imagePart = z.object({ type: z.literal('image_url'), image_url: z.object({ url: picture }) });

const textOrParts = <Part extends z.ZodType>(part: Part, kinds: string) =>
  z.union([storableText(MAX_TEXT_CHARS), z.array(part).min(1, { error: 'is empty' }).max(MAX_PARTS)], {
    error: `is neither a text nor a list of 1 to ${MAX_PARTS} parts of the type ${kinds}`,
  });

const texts = textOrParts(textPart, 'text');

const userContent = textOrParts(
  z.discriminatedUnion('type', [textPart, imagePart], { error: 'is not of the type text or image_url' }),
  'text or image_url',
);

const assistantContent = textOrParts(
  z.discriminatedUnion('type', [textPart, refusalPart], { error: 'is not of the type text or refusal' }),
  'text or refusal',
);

const toolCall = z.object({
  id: filled(MAX_ID_CHARS),
  type: z.literal('function', { error: 'is not function' }).default('function'),
  function: z.object({ name: filled(MAX_ID_CHARS), arguments: storableText(MAX_TEXT_CHARS) }),
});

const assistant = z.object({
  role: z.literal('assistant'),
  content: absent(assistantContent),
  refusal: absent(storableText(MAX_TEXT_CHARS)),
  reasoning_content: absent(storableText(MAX_TEXT_CHARS)),
  tool_calls: absent(z.array(toolCall).max(MAX_CALLS, { error: `has more than ${MAX_CALLS} calls` })),
});

/** A message of the conversation, in OpenAI's words. */
export const chatMessage = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.enum(['system', 'developer']), content: texts }),
    z.object({ role: z.literal('user'), content: userContent }),
    assistant,
    z.object({ role: z.literal('tool'), tool_call_id: filled(MAX_ID_CHARS), content: texts }),
  ],
  { error: 'is not system, developer, user, assistant or tool' },
);
export type ChatMessage = z.output<typeof chatMessage>;

function isWebAddress(url: string): boolean {
  return url.length <= MAX_ADDRESS_CHARS && url.startsWith('https://') && URL.canParse(url);
}
