import type { ModelError } from '../../core/model-error.js';
import { frameObject, LONGEST_FRAME, tooLarge } from '../upstream/sse-decoder.js';
import { classifyReadError } from '../upstream/stream-answer.js';

/** Bytes as lines of JSON. What goes wrong is kept in {@link failure}, so that what came before counts. */
export class NdjsonDecoder {
  private readonly decoder = new TextDecoder();
  private rest = '';
  /** What made the stream unreadable. */
  failure: ModelError | undefined;

  /** `take` may throw; nothing is read after that. */
  constructor(
    private readonly provider: string,
    private readonly take: (line: object) => void,
  ) {}

  feed(bytes: Uint8Array): void {
    this.read(this.decoder.decode(bytes, { stream: true }));
  }

  /** A last line without its line end still counts. */
  end(): void {
    this.read(`${this.decoder.decode()}\n`);
  }

  private read(text: string): void {
    if (this.failure !== undefined) return;
    try {
      this.split(text);
    } catch (error) {
      this.failure = classifyReadError(error, this.provider);
    }
  }

  /** Only what is new is searched: a long line in small pieces costs its length, not its square. */
  private split(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = this.rest + text.slice(start, end);
      this.rest = '';
      start = end + 1;
      this.parse(line);
    }
    this.rest += text.slice(start);
    if (this.rest.length > LONGEST_FRAME) throw tooLarge(this.provider);
  }

  private parse(line: string): void {
    if (line.length > LONGEST_FRAME) throw tooLarge(this.provider);
    if (line.trim() !== '') this.take(frameObject(this.provider, line));
  }
}
