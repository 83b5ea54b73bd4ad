import { Injectable } from '@nestjs/common';
import { AnswerClient, AnswerStateless, type RoundsAnswer } from '../../chat/index.js';
import { newId, type Sink, type StepEvent } from '../../kernel/index.js';
import type { ModelChoice } from '../../llm/index.js';
import { ToolRegistry } from '../../tool/index.js';
import { AnswerInThread, type ThreadMessage } from '../answer-in-thread.js';
import { TurnAnswerReader } from '../answer-updates.js';
import { abortOnDisconnect, type Exchange } from '../exchange.js';
import { completionOf, headingOf } from '../openai/completion-response.js';
import { StreamingModel } from '../streaming-model.js';
import { WireStreams } from '../wire-streams.js';
import { OPENING } from './agent-chat-frames.js';
import { conversationIn, threadMessageIn } from './agent-chat-question.js';
import type { AgentChatBody, PlanningBody, ProxyBody, SearchBody } from './agent-chat-schemas.js';
import { agentChatTurnWire } from './agent-chat-turn-wire.js';
import { AgentChatWriter, type Phase } from './agent-chat-writer.js';

type Work = (signal: AbortSignal, tell: Sink<StepEvent>) => Promise<RoundsAnswer>;

/** Answers conversations whose models call tools, searches and plans, in the events of one wire. */
@Injectable()
export class AnswerAgentChat {
  constructor(
    private readonly streams: WireStreams,
    private readonly streamingModel: StreamingModel,
    private readonly stateless: AnswerStateless,
    private readonly answers: AnswerClient,
    private readonly inThread: AnswerInThread,
    private readonly registry: ToolRegistry,
  ) {}

  /** Throws errors that occur before anything was sent. */
  async chat(exchange: Exchange, { threadId, ...body }: AgentChatBody): Promise<void> {
    if (threadId !== undefined) return this.turn(exchange, body, threadId);
    if (body.stream === false) return this.whole(exchange, body);
    const asked = conversationIn(body, false);
    await this.stream(exchange, 'chat', asked.question.choice, (signal, tell) =>
      this.answers.converse(exchange.caller, asked, signal, tell),
    );
  }

  /** The last answer of the rounds as a `chat.completion`, with the usage of all of them. */
  async whole({ caller, reply }: Exchange, body: ProxyBody): Promise<void> {
    const { signal } = abortOnDisconnect(reply);
    const asked = conversationIn(body, true);
    this.stateless.check(caller, asked.question.choice);
    const { answered, usage } = await this.answers.converse(caller, asked, signal, () => undefined);
    reply.status(200).send(completionOf(headingOf(newId()), { ...answered, usage }));
  }

  /** The pages found, and what a model makes of them. */
  async search(exchange: Exchange, { query, maxResults, ...choice }: SearchBody): Promise<void> {
    this.answers.checkSearch();
    const asked = { query, maxResults, choice, resettable: false };
    await this.stream(exchange, 'summary', choice, (signal, tell) =>
      this.answers.search(exchange.caller, asked, signal, tell),
    );
  }

  /** The steps to what is wanted. */
  async plan(exchange: Exchange, { query, ...choice }: PlanningBody): Promise<void> {
    const asked = { query, choice, resettable: false };
    await this.stream(exchange, 'planning', choice, (signal, tell) =>
      this.answers.plan(exchange.caller, asked, signal, tell),
    );
  }

  private async turn(exchange: Exchange, body: ProxyBody, threadId: string): Promise<void> {
    const message = await this.withKnownTools(exchange, threadMessageIn(body, threadId));
    if (body.stream === false) {
      exchange.reply.status(200).send(await this.wholeTurn(exchange, message));
      return;
    }
    this.streamingModel.of(exchange.caller, message);
    this.streams.reserveStream(exchange);
    this.streams.turn(exchange, await this.inThread.start(exchange, message), agentChatTurnWire());
  }

  /** The same as the stream tells of the turn: what it waits for stands beside the answer. */
  private async wholeTurn(exchange: Exchange, message: ThreadMessage) {
    const reader = new TurnAnswerReader(true);
    const { response, provider, model } = await this.inThread.whole(exchange, message, reader);
    const { finishReason, turn } = reader.end;
    const answered = {
      ...{ provider: provider ?? '', model: model ?? '', finishReason, toolCalls: [] },
      usage: turn?.usage ?? { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      said: { text: [response], reasoning: [] },
    };
    const { inputs = [] } = turn ?? {};
    const waiting = inputs.length === 0 ? {} : { status: 'waiting', inputs };
    return { ...completionOf(headingOf(newId()), answered), ...waiting };
  }

  /** A tool that the server does not know is the client's, and of those there are none in a thread. */
  private async withKnownTools({ caller }: Exchange, message: ThreadMessage): Promise<ThreadMessage> {
    const named = message.options?.tools;
    if (typeof named !== 'object') return message;
    const unknown = new Set(await this.registry.unknown(caller, named));
    return { ...message, options: { ...message.options, tools: named.filter((name) => !unknown.has(name)) } };
  }

  private async stream(exchange: Exchange, phase: Phase, choice: ModelChoice, work: Work): Promise<void> {
    this.streamingModel.of(exchange.caller, choice);
    this.stateless.check(exchange.caller, choice);
    this.streams.reserveStream(exchange);
    const writer = new AgentChatWriter(phase);
    await this.streams.stateless(exchange, {
      opening: OPENING,
      frames: async (signal, send) => {
        const answer = await work(signal, (event) => {
          const frames = writer.event(event);
          return frames === undefined || frames.length === 0 ? undefined : send(frames);
        });
        await send(writer.end(answer));
      },
      failed: (error) => writer.failed(error.toBody()),
    });
  }
}
