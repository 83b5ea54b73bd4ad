import type { ResultImage } from '../../../kernel/index.js';

/** An image of a result as user messages have images. */
export function dataUrlOf({ mediaType, data = '' }: ResultImage): string {
  return `data:${mediaType};base64,${data}`;
}
