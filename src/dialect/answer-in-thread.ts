import { Injectable } from '@nestjs/common';
import { AwaitTurn, PostMessage } from '../chat/index.js';
import type { AnswerOptions } from '../kernel/index.js';
import type { LoggedEvent } from '../log/index.js';
import type { StartedTurn } from '../turn/index.js';
import type { TurnAnswerReader } from './answer-updates.js';
import { threadIdFrom } from './body-parts.js';
import { abortOnDisconnect, type Exchange } from './exchange.js';
import { wholeAnswer, type WholeAnswer } from './whole-answer.js';

/** A message to a thread, as other systems' wires have it. */
export interface ThreadMessage {
  readonly threadId: string;
  readonly content: string;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly options?: AnswerOptions;
}

/** Answers messages in threads, for wires without turns. */
@Injectable()
export class AnswerInThread {
  constructor(
    private readonly postMessage: PostMessage,
    private readonly awaitTurn: AwaitTurn,
  ) {}

  /** Throws errors that occur before the message is stored: `NOT_FOUND`, `THREAD_BUSY`, … */
  start({ caller }: Exchange, { threadId, ...message }: ThreadMessage): Promise<StartedTurn> {
    return this.postMessage.post(caller, threadIdFrom(threadId), message, undefined);
  }

  /** The whole turn as one answer. A reader in detail is told all of it, and knows what the turn waits for: the text does not say it. */
  async whole(
    exchange: Exchange,
    message: ThreadMessage,
    reader?: TurnAnswerReader,
  ): Promise<WholeAnswer & { readonly threadId: string }> {
    const started = await this.start(exchange, message);
    const { signal } = abortOnDisconnect(exchange.reply);
    const tell = reader && ((event: LoggedEvent) => void reader.read(event));
    const result = await this.awaitTurn.answer(exchange.caller, started, signal, undefined, tell);
    const { turn, message: last } = result;
    // A further message would have taken the place of the one that the turn began with.
    const isOnly = last.id === started.turn.assistantMessageId;
    const messages = isOnly ? [last] : await this.awaitTurn.messages(exchange.caller, turn.id);
    return {
      ...wholeAnswer(messages, 'inputs' in result && reader === undefined ? result.inputs : []),
      threadId: turn.threadId,
    };
  }
}
