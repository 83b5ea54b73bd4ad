import type createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

export type Client = ReturnType<typeof createClient<paths>>;
export type ErrorBody = components['schemas']['Error'];
/** What everything below `/v1` answers when it cannot; the client takes fields that can only be `null` out of its types. */
export interface OpenAiError {
  error: Omit<OpenAiErrorBody['error'], 'param'>;
}
type OpenAiErrorBody = paths['/v1/models']['get']['responses']['default']['content']['application/json'];

/** The data of an answer, of the very type that the document gives it. */
export function given<Data>(
  answer: { data?: Data; error?: ErrorBody | OpenAiError; response: Response },
  empty?: string,
): Data {
  if (answer.data !== undefined) return answer.data;
  if (empty !== undefined && answer.error === undefined && answer.response.ok) return undefined as Data;
  throw new Error(
    `${answer.response.url} answered ${answer.response.status}: ${JSON.stringify(answer.error)}`,
  );
}

/** What stands behind `data: ` in each frame, until the stream ends or the reader has heard enough. */
export async function* dataOf(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<string, void> {
  if (stream === null) throw new Error('there is no stream');
  let rest = '';
  const reader = stream
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const frames = (rest + value).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        const line = frame.split('\n').find((each) => each.startsWith('data: '));
        if (line !== undefined) yield line.slice('data: '.length);
      }
    }
  } finally {
    await reader.cancel();
  }
}
