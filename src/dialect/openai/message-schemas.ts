import { z } from 'zod';
import { publicUrlProblem } from '../../platform/egress/index.js';
import { storableText } from '../../platform/http/index.js';
import { absent, filled } from '../body-parts.js';

const MAX_TEXT_CHARS = 1_000_000;
const MAX_PARTS = 256;
const MAX_CALLS = 128;
const MAX_EXECUTED = 1_024;
const MAX_ID_CHARS = 256;

/** Marks the end of a cacheable prefix, for providers with such a cache. */
const cacheControl = absent(
  z.object({ type: z.literal('ephemeral'), ttl: z.string().max(16).optional() }).catch(undefined as never),
);

const textPart = z.object({
  type: z.literal('text'),
  text: storableText(MAX_TEXT_CHARS),
  cache_control: cacheControl,
});
const refusalPart = z.object({ type: z.literal('refusal'), refusal: storableText(MAX_TEXT_CHARS) });

const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string(), detail: absent(filled(32)) }),
  cache_control: cacheControl,
});

const textOrParts = <Part extends z.ZodType>(part: Part, kinds: string) =>
  z.union([storableText(MAX_TEXT_CHARS), z.array(part).min(1, { error: 'is empty' }).max(MAX_PARTS)], {
    error: `is neither a text nor a list of 1 to ${MAX_PARTS} parts of the type ${kinds}`,
  });

const texts = textOrParts(textPart, 'text');

/**
 * The provider is given an image's URL unchanged, and fetches it: it must not lead to an address that only the provider
 * can reach.
 */
const userContent = textOrParts(
  z.discriminatedUnion('type', [textPart, imagePart], { error: 'is not of the type text or image_url' }),
  'text or image_url',
).superRefine((content, context) => {
  if (typeof content === 'string') return;
  for (const [place, part] of content.entries()) {
    const mistake = part.type === 'image_url' ? imageUrlProblem(part.image_url.url) : undefined;
    if (mistake === undefined) continue;
    context.addIssue({ code: 'custom', path: [place, 'image_url', 'url'], message: mistake });
  }
});

const assistantContent = textOrParts(
  z.discriminatedUnion('type', [textPart, refusalPart], { error: 'is not of the type text or refusal' }),
  'text or refusal',
);

const toolCall = z.object({
  id: filled(MAX_ID_CHARS),
  type: z.literal('function', { error: 'is not function' }).default('function'),
  function: z.object({ name: filled(MAX_ID_CHARS), arguments: storableText(MAX_TEXT_CHARS) }),
});

const executedTool = z.object({
  type: z.literal('threadline'),
  id: filled(MAX_ID_CHARS),
  name: filled(MAX_ID_CHARS),
  arguments: storableText(MAX_TEXT_CHARS),
  output: storableText(MAX_TEXT_CHARS),
});

/** Calls that this server made on the way to the message, as it has told them; other servers' are not read. */
const executedTools = z
  .array(z.union([executedTool, z.unknown().transform(() => undefined)]))
  .max(MAX_EXECUTED, { error: `has more than ${MAX_EXECUTED} calls` });

/** The speaker, where several have the same role. */
const speaker = absent(filled(MAX_ID_CHARS));

const assistant = z.object({
  role: z.literal('assistant'),
  name: speaker,
  content: absent(assistantContent),
  refusal: absent(storableText(MAX_TEXT_CHARS)),
  reasoning_content: absent(storableText(MAX_TEXT_CHARS)),
  tool_calls: absent(z.array(toolCall).max(MAX_CALLS, { error: `has more than ${MAX_CALLS} calls` })),
  executed_tools: absent(executedTools),
});

/** A message of the conversation in OpenAI's format. */
export const chatMessage = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.enum(['system', 'developer']), name: speaker, content: texts }),
    z.object({ role: z.literal('user'), name: speaker, content: userContent }),
    assistant,
    z.object({ role: z.literal('tool'), tool_call_id: filled(MAX_ID_CHARS), content: texts }),
  ],
  { error: 'is not system, developer, user, assistant or tool' },
);
export type ChatMessage = z.output<typeof chatMessage>;

function imageUrlProblem(url: string): string | undefined {
  if (/^data:image\/[a-z0-9.+-]{1,64};base64,/i.test(url)) return undefined;
  if (url.startsWith('data:')) return 'is no data: address of an image in base64';
  return publicUrlProblem(url);
}
