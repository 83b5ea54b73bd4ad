import type { ModelPart } from '../../ports/language-model.js';
import { isTimeout } from './cause.js';
import { ModelError } from '../../core/model-error.js';
import { brokenAnswer, timedOut } from './model-errors.js';
import type { Limits, Stage } from './stream-timeouts.js';
import { UpstreamCall, type ByteReader } from './upstream-call.js';

/** Turns the bytes of one answer into parts. Holds no timer and no connection. */
export interface AnswerReader {
  /** Where the answer stands. */
  readonly stage: Stage;
  /** Whether silence from here on is its end: it has said why it stopped, in words that leave no doubt. */
  readonly isComplete: boolean;
  /** Whether nothing that may follow matters: the provider said so, or cannot be understood. */
  readonly isDone: boolean;
  /** The parts that these bytes complete. Never throws: what came before a mistake is given out first. */
  feed(bytes: Uint8Array): readonly ModelPart[];
  /** The parts that are complete because no more bytes come. Never throws either. */
  close(): readonly ModelPart[];
  /** The last parts, `finish` among them. Throws a `ModelError` when the answer is not whole, or what `feed` met. */
  end(): readonly ModelPart[];
}

type Read = Awaited<ReturnType<ByteReader['read']>>;

/** How one question is asked and its answer read. */
export interface Upstream {
  readonly provider: string;
  readonly limits: Limits;
  /** Sends the request. Throws a `ModelError`; the signal closes the connection. */
  readonly open: (signal: AbortSignal) => Promise<ByteReader>;
  readonly reader: AnswerReader;
}

/** Sends one request, and yields the answer as the `LanguageModel` port promises. */
export function streamAnswer(upstream: Upstream, signal: AbortSignal): AsyncIterable<ModelPart> {
  const answer = new StreamedAnswer(upstream, signal);
  return { [Symbol.asyncIterator]: () => answer };
}

/** An error met while an answer was being read: the connection broke, or timed out. */
export function classifyReadError(error: unknown, provider: string): ModelError {
  if (error instanceof ModelError) return error;
  return isTimeout(error)
    ? timedOut(provider, error)
    : brokenAnswer(provider, 'broke off before it was complete', error);
}

const NO_MORE: Read = { done: true };
const OVER: IteratorResult<ModelPart> = { done: true, value: undefined };

/** Reads an answer part by part. It is no generator function, which would cost two more promises for each read. */
class StreamedAnswer implements AsyncIterator<ModelPart> {
  private readonly call: UpstreamCall;
  private bytes: ByteReader | undefined;
  /** The parts that were read last, and how many of them were yielded. */
  private parts: readonly ModelPart[] = [];
  private yielded = 0;
  private phase: 'reading' | 'closed' | 'ended' | 'over' = 'reading';
  /** Whether the last read brought a piece of the answer. */
  private progressed = true;

  constructor(
    private readonly upstream: Upstream,
    signal: AbortSignal,
  ) {
    this.call = new UpstreamCall(upstream.provider, signal, upstream.limits);
  }

  async next(): Promise<IteratorResult<ModelPart>> {
    if (this.phase === 'over') return OVER;
    const { call, upstream } = this;
    const { reader } = upstream;
    try {
      if (this.bytes === undefined) this.bytes = await this.open();
      else call.throwIfAborted();
      while (this.yielded === this.parts.length) {
        if (this.phase === 'ended') return this.over();
        let read: Read = NO_MORE;
        if (this.phase === 'reading' && !reader.isDone) {
          call.patience.wait(reader.stage, this.progressed);
          try {
            read = await this.bytes.read();
          } catch (error) {
            read = endOf(upstream, call, error);
          }
          call.patience.pause();
        }
        this.parts = read.done ? this.rest(this.bytes) : reader.feed(read.value);
        this.yielded = 0;
        // Keep-alive frames show that the connection works, but are no progress of the answer.
        this.progressed = this.parts.length > 0;
      }
      return { done: false, value: this.parts[this.yielded++]! };
    } catch (error) {
      this.over();
      if (call.isReturned) return OVER;
      throw call.reasonFor(error);
    }
  }

  /** A generator would finish its pending read first; here the connection is closed at once. */
  return(): Promise<IteratorResult<ModelPart>> {
    this.call.giveUp();
    return Promise.resolve(this.over());
  }

  private open(): Promise<ByteReader> {
    this.call.begin();
    return this.upstream.open(this.call.signal);
  }

  /** What is complete because no more is read, and after that the last parts. */
  private rest(bytes: ByteReader): readonly ModelPart[] {
    const { reader } = this.upstream;
    if (this.phase === 'reading') {
      this.phase = 'closed';
      return reader.close();
    }
    const last = reader.end();
    this.phase = 'ended';
    void this.call.complete(bytes);
    return last;
  }

  private over(): IteratorResult<ModelPart> {
    this.phase = 'over';
    this.call.close();
    return OVER;
  }
}

/** The end of an answer whose connection failed after its text was complete. Otherwise throws the failure. */
function endOf({ reader, provider }: Upstream, call: UpstreamCall, error: unknown): Read {
  call.throwIfAborted();
  // Only the usage is missing; it is estimated.
  if (reader.stage === 'cost' || (reader.isComplete && call.hasTimedOut(error))) return { done: true };
  throw classifyReadError(error, provider);
}
