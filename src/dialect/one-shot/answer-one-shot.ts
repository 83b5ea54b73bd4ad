import { Injectable } from '@nestjs/common';
import { AnswerStateless } from '../../chat/index.js';
import type { TurnRequest } from '../../kernel/index.js';
import { AnswerInThread, type ThreadMessage } from '../answer-in-thread.js';
import { abortOnDisconnect, type Exchange } from '../exchange.js';
import { StreamingModel } from '../streaming-model.js';
import { WireStreams } from '../wire-streams.js';
import type { OneShotBody } from './one-shot-schemas.js';
import { oneShotWire } from './one-shot-wire.js';

/** Answers one message: as JSON or as a stream, in a thread or without one. */
@Injectable()
export class AnswerOneShot {
  constructor(
    private readonly streams: WireStreams,
    private readonly streamingModel: StreamingModel,
    private readonly answerStateless: AnswerStateless,
    private readonly inThread: AnswerInThread,
  ) {}

  /** Throws errors that occur before anything was sent. */
  async answer(exchange: Exchange, body: OneShotBody): Promise<void> {
    if (body.stream === true) return this.stream(exchange, body);
    const answer = await (body.threadId === undefined
      ? this.buffered(exchange, body)
      : this.inThread.whole(exchange, messageFrom(body, body.threadId)));
    exchange.reply.status(200).send({ ...answer, timestamp: new Date().toISOString() });
  }

  private async stream(exchange: Exchange, body: OneShotBody): Promise<void> {
    this.streamingModel.of(exchange.caller, body);
    this.streams.reserveStream(exchange);
    if (body.threadId === undefined) return this.streams.answer(exchange, requestFrom(body), oneShotWire());
    const started = await this.inThread.start(exchange, messageFrom(body, body.threadId));
    this.streams.turn(exchange, started, oneShotWire());
  }

  private async buffered({ caller, reply }: Exchange, body: OneShotBody) {
    const { signal } = abortOnDisconnect(reply);
    const message = requestFrom(body);
    const answer = await this.answerStateless.answer(caller, message, true, signal, () => undefined);
    const { said, provider, model, usage } = answer;
    return { response: said.text.join(''), provider, model, usage };
  }
}

function requestFrom({ message, provider, model }: OneShotBody): TurnRequest {
  return { content: message, provider, model };
}

function messageFrom(body: OneShotBody, threadId: string): ThreadMessage {
  return { ...requestFrom(body), threadId };
}
