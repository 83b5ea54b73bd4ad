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
  const call = new UpstreamCall(upstream.provider, signal, upstream.limits);
  const parts = answer(upstream, call);
  const iterator: AsyncIterator<ModelPart> = {
    next: () => parts.next(),
    // A generator would finish its pending read first, so the connection is closed here.
    return: () => {
      call.giveUp();
      return parts.return(undefined);
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** An error met while an answer was being read: the connection broke, or timed out. */
export function classifyReadError(error: unknown, provider: string): ModelError {
  if (error instanceof ModelError) return error;
  return isTimeout(error)
    ? timedOut(provider, error)
    : brokenAnswer(provider, 'broke off before it was complete', error);
}

async function* answer(upstream: Upstream, call: UpstreamCall): AsyncGenerator<ModelPart, undefined> {
  const { reader } = upstream;
  try {
    call.begin();
    const bytes = await upstream.open(call.signal);
    for (let progressed = true; !reader.isDone;) {
      call.patience.wait(reader.stage, progressed);
      let read: Read;
      try {
        read = await bytes.read();
      } catch (error) {
        read = endOf(upstream, call, error);
      }
      call.patience.pause();
      if (read.done) break;
      const parts = reader.feed(read.value);
      // Keep-alive frames show that the connection works, but are no progress of the answer.
      progressed = parts.length > 0;
      for (const part of parts) {
        yield part;
        call.throwIfAborted();
      }
    }
    for (const part of reader.close()) {
      yield part;
      call.throwIfAborted();
    }
    const last = reader.end();
    void call.complete(bytes);
    for (const part of last) {
      call.throwIfAborted();
      yield part;
    }
  } catch (error) {
    if (!call.isReturned) throw call.reasonFor(error);
  } finally {
    call.close();
  }
  return undefined;
}

/** The end of an answer whose connection failed after its text was complete. Otherwise throws the failure. */
function endOf({ reader, provider }: Upstream, call: UpstreamCall, error: unknown): Read {
  call.throwIfAborted();
  // Only the usage is missing; it is estimated.
  if (reader.stage === 'cost' || (reader.isComplete && call.hasTimedOut(error))) return { done: true };
  throw classifyReadError(error, provider);
}
