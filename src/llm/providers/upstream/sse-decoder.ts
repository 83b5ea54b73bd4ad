import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser';
import type { ModelError } from '../../core/model-error.js';
import { brokenAnswer } from './model-errors.js';
import { StrayLines } from './stray-lines.js';
import { classifyReadError } from './stream-answer.js';

/** Characters of one frame at most. */
export const LONGEST_FRAME = 1_000_000;

/** Bytes of an event stream as frames. What goes wrong is kept in {@link failure}, so that what came before counts. */
export class SseDecoder {
  private readonly decoder = new TextDecoder();
  private readonly parser: EventSourceParser;
  private readonly strayLines: StrayLines;
  /** What made the stream unreadable. */
  failure: ModelError | undefined;

  /** `take` may throw; nothing is read after that. */
  constructor(
    private readonly provider: string,
    private readonly take: (frame: EventSourceMessage) => void,
  ) {
    this.strayLines = new StrayLines(provider);
    this.parser = createParser({
      maxBufferSize: LONGEST_FRAME,
      onEvent: (frame) => this.taken(frame),
      onError: ({ type, line }) => {
        if (type === 'max-buffer-size-exceeded') throw tooLarge(provider);
        if (type === 'unknown-field') this.strayLines.take(line ?? '');
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
    if (frame.data.length > LONGEST_FRAME) throw tooLarge(this.provider);
    this.take(frame);
  }

  private read(text: string): void {
    if (this.failure !== undefined) return;
    try {
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
