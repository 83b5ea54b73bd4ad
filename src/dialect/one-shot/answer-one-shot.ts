import { Injectable } from '@nestjs/common';
import { AnswerStateless, AwaitTurn, PostMessage } from '../../chat/index.js';
import type { TurnRequest } from '../../kernel/index.js';
import type { StartedTurn } from '../../turn/index.js';
import { threadIdFrom } from '../body-parts.js';
import { abortOnDisconnect, type Exchange } from '../exchange.js';
import { StreamingModel } from '../streaming-model.js';
import { WireStreams } from '../wire-streams.js';
import type { OneShotBody } from './one-shot-schemas.js';
import { oneShotWire } from './one-shot-wire.js';
import { wholeAnswer } from './whole-answer.js';

/** Answers one message: as JSON or as a stream, in a thread or without one. */
@Injectable()
export class AnswerOneShot {
  constructor(
    private readonly streams: WireStreams,
    private readonly streamingModel: StreamingModel,
    private readonly answerStateless: AnswerStateless,
    private readonly postMessage: PostMessage,
    private readonly awaitTurn: AwaitTurn,
  ) {}

  /** Throws errors that occur before anything was sent. */
  async answer(exchange: Exchange, body: OneShotBody): Promise<void> {
    if (body.stream === true) return this.stream(exchange, body);
    const answer = await (body.threadId === undefined
      ? this.buffered(exchange, body)
      : this.inThread(exchange, body, body.threadId));
    exchange.reply.status(200).send({ ...answer, timestamp: new Date().toISOString() });
  }

  private async stream(exchange: Exchange, body: OneShotBody): Promise<void> {
    this.streamingModel.of(exchange.caller, body);
    this.streams.reserveStream(exchange);
    if (body.threadId === undefined) return this.streams.answer(exchange, requestFrom(body), oneShotWire());
    this.streams.turn(exchange, await this.post(exchange, body, body.threadId), oneShotWire());
  }

  private async buffered({ caller, reply }: Exchange, body: OneShotBody) {
    const { signal } = abortOnDisconnect(reply);
    const message = requestFrom(body);
    const answer = await this.answerStateless.answer(caller, message, true, signal, () => undefined);
    const { said, provider, model, usage } = answer;
    return { response: said.text.join(''), provider, model, usage };
  }

  private async inThread(exchange: Exchange, body: OneShotBody, threadId: string) {
    const started = await this.post(exchange, body, threadId);
    const { signal } = abortOnDisconnect(exchange.reply);
    const result = await this.awaitTurn.answer(exchange.caller, started, signal);
    const { turn, message } = result;
    // A further message would have taken the place of the one that the turn began with.
    const isOnly = message.id === started.turn.assistantMessageId;
    const messages = isOnly ? [message] : await this.awaitTurn.messages(exchange.caller, turn.id);
    return {
      ...wholeAnswer(messages, 'inputs' in result ? result.inputs : []),
      threadId: turn.threadId,
    };
  }

  private post({ caller }: Exchange, body: OneShotBody, threadId: string): Promise<StartedTurn> {
    const { message, provider, model } = body;
    return this.postMessage.post(
      caller,
      threadIdFrom(threadId),
      { content: message, provider, model },
      undefined,
    );
  }
}

function requestFrom({ message, provider, model }: OneShotBody): TurnRequest {
  return { content: message, provider, model };
}
