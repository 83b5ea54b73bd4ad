import { Injectable, Logger } from '@nestjs/common';
import { AnswerStateless, GetOrCreateThread, StartOnce } from '../../chat/index.js';
import { AppError, type Caller, type TurnRequest } from '../../kernel/index.js';
import { ModelDirectory } from '../../llm/index.js';
import type { StartedTurn } from '../../turn/index.js';
import { asId } from '../body-parts.js';
import type { Exchange } from '../exchange.js';
import { StreamingModel } from '../streaming-model.js';
import { WireStreams } from '../wire-streams.js';
import { conversationIn } from './conversation.js';
import type { ConversationBody } from './named-events-schemas.js';
import { namedEventsWire } from './named-events-wire.js';

/** The provider of requests that name none, if it is configured. */
const USUAL_PROVIDER = 'ollama';

/** Streams the answer to a conversation that its client sends, and stores it if the request names a chat. */
@Injectable()
export class StreamConversation {
  private readonly logger = new Logger(StreamConversation.name);

  constructor(
    private readonly streams: WireStreams,
    private readonly streamingModel: StreamingModel,
    private readonly directory: ModelDirectory,
    private readonly answerStateless: AnswerStateless,
    private readonly getOrCreateThread: GetOrCreateThread,
    private readonly startOnce: StartOnce,
  ) {}

  /** Throws errors that occur before anything was sent. */
  async stream(exchange: Exchange, body: ConversationBody): Promise<void> {
    const { model, chatId } = body;
    const { caller } = exchange;
    const provider = body.provider ?? this.directory.find(USUAL_PROVIDER)?.provider;
    const { messageId, ...question } = conversationIn(body);
    const message: TurnRequest = { ...question, provider, model };
    this.streamingModel.of(caller, message);
    this.answerStateless.check(caller, message);
    this.streams.reserveStream(exchange);
    const started = chatId === undefined ? undefined : await this.started(caller, chatId, message, messageId);
    if (started === undefined) return this.answer(exchange, message);
    this.streams.turn(exchange, started, namedEventsWire(started.turn.assistantMessageId));
  }

  /** `undefined` when the database fails: the client gets its answer nevertheless. */
  private async started(
    caller: Caller,
    chatId: string,
    request: TurnRequest,
    messageId: string | undefined,
  ): Promise<StartedTurn | undefined> {
    try {
      const threadId = asId(chatId) ?? (await this.getOrCreateThread.idFor(caller, chatId, { chatId }));
      return await this.startOnce.start({ caller, threadId, request, messageId });
    } catch (error) {
      if (error instanceof AppError) throw error;
      this.logger.error({ err: error }, 'A message could not be stored, and is answered without its chat.');
      return undefined;
    }
  }

  private async answer(exchange: Exchange, message: TurnRequest): Promise<void> {
    const wire = namedEventsWire(crypto.randomUUID());
    try {
      await this.streams.answer(exchange, message, wire);
    } catch (error) {
      if (error instanceof AppError) throw error;
      this.logger.error(
        { err: error },
        'Documents could not be searched, and a message is answered without.',
      );
      await this.streams.answer(exchange, { ...message, rag: false }, wire);
    }
  }
}
