import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser';
import type { ModelError } from '../../core/model-error.js';
import { reportedError } from './classify-error.js';
import { failureInText } from './failure-in.js';
import { brokenAnswer } from './model-errors.js';
import { classifyReadError } from './stream-answer.js';

/** Characters of one frame at most. */
export const LONGEST_FRAME = 1_000_000;
const LONGEST_HEAD = 16_384;

/** Bytes of an event stream as frames. What goes wrong is kept in {@link failure}, so that what came before counts. */
export class SseDecoder {
  private readonly decoder = new TextDecoder();
  private readonly parser: EventSourceParser;
  /** What came before the first frame, while it may still be an error that is no frame. */
  private head: string | undefined = '';
  /** What made the stream unreadable. */
  failure: ModelError | undefined;

  /** `take` may throw; nothing is read after that. */
  constructor(
    private readonly provider: string,
    private readonly take: (frame: EventSourceMessage) => void,
  ) {
    this.parser = createParser({
      maxBufferSize: LONGEST_FRAME,
      onEvent: (frame) => this.taken(frame),
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') throw tooLarge(provider);
      },
    });
  }

  feed(bytes: Uint8Array): void {
    this.read(this.decoder.decode(bytes, { stream: true }));
  }

  /** A last line without its blank line still counts: servers that end there are not rare. */
  end(): void {
    this.read(`${this.decoder.decode()}\n\n`);
  }

  private taken(frame: EventSourceMessage): void {
    this.head = undefined;
    if (frame.data.length > LONGEST_FRAME) throw tooLarge(this.provider);
    this.take(frame);
  }

  /** Some servers say bare, or behind `error:`, that there will be no stream. */
  private readHead(head: string): void {
    this.head = head.length <= LONGEST_HEAD && /^\s*($|[{[]|error:)/.test(head) ? head : undefined;
    const failure = /[}\]]\s*$/.test(head) && this.head !== undefined ? failureInText(head) : undefined;
    if (failure !== undefined) throw reportedError(this.provider, failure);
  }

  private read(text: string): void {
    if (this.failure !== undefined) return;
    try {
      if (this.head !== undefined) this.readHead(this.head + text);
      this.parser.feed(text);
    } catch (error) {
      this.failure = classifyReadError(error, this.provider);
    }
  }
}

/** The JSON of a frame. Throws `PROVIDER_ERROR` for what is no object. */
export function frameObject(provider: string, data: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  throw brokenAnswer(provider, 'cannot be read');
}

export function tooLarge(provider: string): ModelError {
  return brokenAnswer(provider, 'has a piece that is too large');
}
