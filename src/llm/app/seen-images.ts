import { describeContent, imageInWords, type ResultImage } from '../../kernel/index.js';
import type { ModelMessage } from '../ports/language-model.js';

/** Images of results that a request has at most: the newest ones, and of each and of all together so many bytes. */
const MAX_IMAGES = 8;
const MAX_IMAGE_BYTES = 3_750_000;
const MAX_TOTAL_BYTES = 10_000_000;

type ToolMessage = Extract<ModelMessage, { role: 'tool' }>;

/** Reads an image that is served elsewhere, in Base64; absent where it is not there, or larger than it may be. */
export type ReadImage = (url: string, maxBytes: number) => Promise<string | undefined>;

/**
 * The messages with the images of results as a model takes them: as images if it sees them, and otherwise in words. What was
 * not said in a format that every model reads is in words for all of them.
 */
export async function withSeenImages(
  messages: readonly ModelMessage[],
  sees: boolean,
  read: ReadImage = () => Promise.resolve(undefined),
): Promise<readonly ModelMessage[]> {
  if (!messages.some((message) => message.role === 'tool' && message.images !== undefined)) return messages;
  const budget = { images: sees ? MAX_IMAGES : 0, bytes: MAX_TOTAL_BYTES };
  const shown: ModelMessage[] = [];
  for (const message of messages.toReversed()) {
    if (message.role !== 'tool' || message.images === undefined) shown.unshift(message);
    else shown.unshift(await shownIn(message, message.images, sees, budget, read));
  }
  return shown;
}

async function shownIn(
  { images: _images, ...message }: ToolMessage,
  images: readonly ResultImage[],
  sees: boolean,
  budget: { images: number; bytes: number },
  read: ReadImage,
): Promise<ToolMessage> {
  const seen: ResultImage[] = [];
  let { content } = message;
  for (const image of images) {
    const data =
      budget.images > 0 ? await dataOf(image, Math.min(MAX_IMAGE_BYTES, budget.bytes), read) : undefined;
    const mediaType = data === undefined ? undefined : formatOf(data);
    if (data === undefined || mediaType === undefined) {
      content = inWords(content, image, sees);
      continue;
    }
    budget.images -= 1;
    budget.bytes -= bytesIn(data);
    seen.push({ type: 'image', mediaType, data });
  }
  return { ...message, content, ...(seen.length > 0 && { images: seen }) };
}

async function dataOf(image: ResultImage, maxBytes: number, read: ReadImage): Promise<string | undefined> {
  if (image.data !== undefined) return bytesIn(image.data) <= maxBytes ? image.data : undefined;
  return image.url === undefined ? undefined : read(image.url, maxBytes);
}

/** In the place where the result says that there is an image, as far as the model is given that place. */
function inWords(content: string, image: ResultImage, sees: boolean): string {
  const size = image.size ?? (image.data === undefined ? undefined : bytesIn(image.data));
  const { mediaType } = image;
  const place = imageInWords({ mediaType, ...(size !== undefined && { size }) });
  const why = sees ? 'is not shown to you' : 'you cannot see';
  const words = `[an image (${describeContent(mediaType, size)}) that ${why}; the user is shown it]`;
  return content.includes(place) ? content.replace(place, () => words) : `${content}\n\n${words}`.trimStart();
}

function bytesIn(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

/** What an image is by its first bytes: a provider refuses the whole question for one that is not what it is said to be. */
function formatOf(data: string): string | undefined {
  const start = Buffer.from(data.slice(0, 16), 'base64').toString('latin1');
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(start)) return 'image/gif';
  return /^RIFF[^]{4}WEBP/.test(start) ? 'image/webp' : undefined;
}
