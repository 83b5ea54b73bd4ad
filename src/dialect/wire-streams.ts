import { Injectable } from '@nestjs/common';
import { AnswerLoose } from '../chat/index.js';
import type { TurnRequest } from '../kernel/index.js';
import { OpenStreams, streamError } from '../platform/http/index.js';
import { asksForHeaders, SseConnections, type Frame, type FrameSource } from '../stream/index.js';
import type { StartedTurn } from '../turn/index.js';
import { clientGone, whenOver, whileThere, type Exchange } from './exchange.js';
import { opened } from './opened.js';
import { irrevocably, saidLoosely, type Said, type Speech } from './said.js';
import { TurnSpeech } from './turn-speech.js';

/** How one of the other systems writes down an answer. One for each stream: it may remember what it wrote. */
export interface Wire {
  /** Sent before anything is said. */
  readonly opening: readonly Frame[];
  readonly frames: (said: Said) => readonly Frame[];
}

/** Streams answers in the wires of other systems. */
@Injectable()
export class WireStreams {
  constructor(
    private readonly openStreams: OpenStreams,
    private readonly connections: SseConnections,
    private readonly answerLoose: AnswerLoose,
    private readonly turnSpeech: TurnSpeech,
  ) {}

  /** Takes one of the caller's places for streams until the exchange is over. Throws `RATE_LIMITED`. */
  takePlace({ caller, reply }: Exchange): void {
    if (!asksForHeaders(reply.raw)) whenOver(reply, this.openStreams.open(caller));
  }

  /**
   * Streams an answer without a thread; the provider's connection closes when the client goes. Throws what is wrong
   * before the first piece, unless that is long in coming.
   */
  async loose(exchange: Exchange, message: TurnRequest, wire: Wire): Promise<void> {
    const { caller, reply } = exchange;
    const controller = whileThere(reply);
    const answer = this.answerLoose.answer(caller, message, false, controller.signal);
    const source = irrevocably(saidLoosely(answer));
    const items = await opened(source);
    try {
      const speech = (signal: AbortSignal) => {
        signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
        return items();
      };
      this.write(exchange, wire, speech, items.isSilent);
    } catch (error) {
      await source.return();
      throw error;
    }
  }

  /** Streams a turn of a thread from its start; it goes on without its client. */
  turn(exchange: Exchange, started: StartedTurn, wire: Wire): void {
    const { caller } = exchange;
    this.write(exchange, wire, (signal) => irrevocably(this.turnSpeech.of(caller, started, signal)));
  }

  private write(
    { caller, reply }: Exchange,
    wire: Wire,
    speech: (signal: AbortSignal) => Speech,
    isSilent = false,
  ): void {
    const source: FrameSource = async function* (signal) {
      if (wire.opening.length > 0) yield wire.opening;
      for await (const batch of speech(signal)) {
        if (signal.aborted) return;
        yield batch.flatMap((said) => wire.frames(said));
      }
    };
    const onError = (thrown: unknown): readonly Frame[] => {
      const error = streamError(thrown, reply.request.id);
      return wire.frames({ type: 'failed', error: error.toBody() });
    };
    if (reply.raw.closed) throw clientGone();
    this.connections.write({ caller, reply, source, onError, isSilent });
  }
}
