import { createParser } from 'eventsource-parser';

/** A frame as a client got it: `id` only when the wire had one. */
export interface ReceivedFrame {
  readonly id: number | undefined;
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever came over the wire
  readonly data: Record<string, any>;
  readonly timestamp: string;
}

export interface OpenedStream {
  readonly response: Response;
  /** Frames as they come; ends when the server ends the stream. */
  readonly frames: AsyncGenerator<ReceivedFrame, void>;
  /** Everything received so far, to the letter. */
  readonly text: () => string;
  /** Leaves, as a client that goes away does. */
  readonly close: () => void;
}

/** Opens an event stream with fetch; throws nothing for an error status: look at `response`. */
export async function openStream(url: string, init: RequestInit = {}): Promise<OpenedStream> {
  const controller = new AbortController();
  const response = await fetch(url, { ...init, signal: controller.signal });
  let text = '';
  const note = (chunk: string) => (text += chunk);
  return { response, frames: framesOf(response, note), text: () => text, close: () => controller.abort() };
}

async function* framesOf(
  response: Response,
  note: (chunk: string) => void,
): AsyncGenerator<ReceivedFrame, void> {
  const received: ReceivedFrame[] = [];
  const parser = createParser({
    onEvent({ id, data }) {
      const { type, data: inner, timestamp } = JSON.parse(data);
      received.push({ id: id === undefined ? undefined : Number(id), type, data: inner, timestamp });
    },
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body!) {
      const part = decoder.decode(chunk, { stream: true });
      note(part);
      parser.feed(part);
      yield* received.splice(0);
    }
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  }
}

/** All frames up to the one of the type, which is the last, or up to the end of the stream. */
export async function framesUntil(stream: OpenedStream, type: string): Promise<ReceivedFrame[]> {
  const frames: ReceivedFrame[] = [];
  for await (const frame of stream.frames) {
    frames.push(frame);
    if (frame.type === type) break;
  }
  return frames;
}

/** The answer's text, put together from its pieces. */
export function textOf(frames: readonly ReceivedFrame[]): string {
  let text = '';
  for (const { type, data } of frames) {
    if (type === 'ai_reset') text = '';
    if (type === 'ai_response') text += data['content'];
  }
  return text;
}
