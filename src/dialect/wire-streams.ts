import { Injectable } from '@nestjs/common';
import { AnswerStateless } from '../chat/index.js';
import type { AppError, Sink, TurnRequest } from '../kernel/index.js';
import { OpenStreams, streamError } from '../platform/http/index.js';
import { asksForHeaders, SseConnections, type Frame, type FrameSource } from '../stream/index.js';
import type { StartedTurn } from '../turn/index.js';
import { clientDisconnected, onClosed, abortOnDisconnect, type Exchange } from './exchange.js';
import { Relay } from './relay.js';
import { withoutResets, statelessUpdates, type AnswerUpdate } from './answer-updates.js';
import { TurnUpdates } from './turn-updates.js';

/** Writes an answer in another system's format. There is one for each stream, so it may have state. */
export interface Wire {
  /** Sent before anything else. */
  readonly opening: readonly Frame[];
  /** It has words of its own for what a turn has cost, and for what it waits for; otherwise what people are asked is told as text. */
  readonly inDetail?: boolean;
  readonly frames: (said: AnswerUpdate) => readonly Frame[];
}

/** The frames of a stateless stream. */
export interface StatelessFrames {
  /** Sent before anything else, once the answer has begun. */
  readonly opening: readonly Frame[];
  /** Gives the frames to `send`, batch by batch; stops soon after the signal aborts. */
  readonly frames: (signal: AbortSignal, send: Sink<readonly Frame[]>) => Promise<void>;
  /** The frames for an error, with which the stream ends. */
  readonly failed: (error: AppError) => readonly Frame[];
}

/** Streams answers in the wire formats of other systems. */
@Injectable()
export class WireStreams {
  constructor(
    private readonly openStreams: OpenStreams,
    private readonly connections: SseConnections,
    private readonly answerStateless: AnswerStateless,
    private readonly turnUpdates: TurnUpdates,
  ) {}

  /** Reserves one of the caller's streams until the exchange is over. Throws `RATE_LIMITED`. */
  reserveStream({ caller, reply }: Exchange): void {
    if (!asksForHeaders(reply.raw)) onClosed(reply, this.openStreams.open(caller));
  }

  /**
   * Streams an answer that ends with its client: when the client disconnects, the request to the provider is closed.
   * Throws errors that occur before the first frames, unless these take long.
   */
  async stateless(exchange: Exchange, { opening, frames, failed }: StatelessFrames): Promise<void> {
    const controller = abortOnDisconnect(exchange.reply);
    const batches = new Relay<readonly Frame[]>(
      (send) => frames(controller.signal, send),
      () => controller.abort(clientDisconnected()),
    );
    const isSilent = !(await batches.begin());
    try {
      const source: FrameSource = (signal) => {
        signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
        if (opening.length > 0) batches.prepend(opening);
        return batches;
      };
      this.write(exchange, source, failed, isSilent);
    } catch (error) {
      await batches.return();
      throw error;
    }
  }

  /** Streams the answer to a message without a thread, as {@link stateless} does. */
  answer(exchange: Exchange, message: TurnRequest, wire: Wire): Promise<void> {
    const frames: StatelessFrames['frames'] = async (signal, send) => {
      const sink = statelessUpdates((said) => send(wire.frames(said)));
      const { finishReason } = await this.answerStateless.answer(
        exchange.caller,
        message,
        false,
        signal,
        sink,
      );
      await send(wire.frames({ type: 'done', finishReason }));
    };
    return this.stateless(exchange, { opening: wire.opening, frames, failed: failureFrames(wire) });
  }

  /** Streams a turn of a thread from its start; the turn continues without its client. */
  turn(exchange: Exchange, started: StartedTurn, wire: Wire): void {
    const { turnUpdates } = this;
    const source: FrameSource = async function* (signal) {
      if (wire.opening.length > 0) yield wire.opening;
      const updates = turnUpdates.of(exchange.caller, started, signal, wire.inDetail);
      for await (const batch of withoutResets(updates)) {
        if (signal.aborted) return;
        const frames = batch.flatMap(wire.frames);
        if (frames.length > 0) yield frames;
      }
    };
    this.write(exchange, source, failureFrames(wire));
  }

  private write(
    { caller, reply }: Exchange,
    source: FrameSource,
    failed: StatelessFrames['failed'],
    isSilent = false,
  ): void {
    const onError = (thrown: unknown) => failed(streamError(thrown, reply.request.id));
    if (reply.raw.closed) throw clientDisconnected();
    this.connections.write({ caller, reply, source, onError, isSilent });
  }
}

function failureFrames({ frames }: Wire): StatelessFrames['failed'] {
  return (error) => frames({ type: 'failed', error: error.toBody() });
}
