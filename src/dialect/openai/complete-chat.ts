import { Injectable } from '@nestjs/common';
import { AnswerClient, type Conversation } from '../../chat/index.js';
import type { Caller, Sink, StepEvent } from '../../kernel/index.js';
import { AskModel, type Answered } from '../../llm/index.js';
import type { Frame } from '../../stream/index.js';
import { StatelessTurns, type StatelessTurn } from '../../turn/index.js';
import { asOneText } from '../answer-updates.js';
import { abortOnDisconnect, type Exchange } from '../exchange.js';
import { WireStreams } from '../wire-streams.js';
import { ChunkWriter } from './chunk-writer.js';
import { completionOf, headingOf } from './completion-response.js';
import { conversationOf, namesServerTools, questionOf } from './completion-question.js';
import type { CompletionBody } from './completion-schemas.js';
import { ExecutedTools } from './executed-tools.js';
import { openAiError } from './openai-error.js';

/** A request for a completion, and its reply. */
export interface CompletionRequest extends Exchange {
  readonly body: CompletionBody;
}

/** Answers chat completions, whole or as a stream; the answer ends when its client disconnects. */
@Injectable()
export class CompleteChat {
  constructor(
    private readonly turns: StatelessTurns,
    private readonly askModel: AskModel,
    private readonly answers: AnswerClient,
    private readonly streams: WireStreams,
  ) {}

  /** Throws errors that occur before anything was sent; later ones are sent in the stream. */
  complete(request: CompletionRequest): Promise<void> {
    return request.body.stream === true ? this.stream(request) : this.whole(request);
  }

  private async whole(request: CompletionRequest): Promise<void> {
    const { caller, reply } = request;
    const executed = new ExecutedTools();
    const work = async (turn: StatelessTurn) => {
      const answered = await this.ask(request, turn, (event) => void executed.take(event));
      return completionOf(headingOf(turn.id), answered, executed.list);
    };
    reply.status(200).send(await this.turns.run(caller, work, abortOnDisconnect(reply).signal));
  }

  private async stream(request: CompletionRequest): Promise<void> {
    this.streams.reserveStream(request);
    await this.streams.stateless(request, {
      opening: [],
      frames: (signal, send) => this.send(request, signal, send),
      failed: (error) => [{ data: JSON.stringify(openAiError(error)) }],
    });
  }

  /** The answer's frames in batches; the first one comes with the first text, or the first piece of a call. */
  private send(request: CompletionRequest, signal: AbortSignal, send: Sink<readonly Frame[]>): Promise<void> {
    const work = async (turn: StatelessTurn) => {
      const writer = new ChunkWriter(headingOf(turn.id), request.body.stream_options?.include_usage === true);
      const executed = new ExecutedTools();
      const answered = await this.ask(request, turn, (event) => {
        executed.take(event);
        const frames = writer.part(event);
        return frames && send(frames);
      });
      await send(writer.end(answered, executed.list));
    };
    return this.turns.run(request.caller, work, signal);
  }

  /** Pieces that were streamed cannot be reset. */
  private ask(
    { body, caller }: CompletionRequest,
    turn: StatelessTurn,
    sink: Sink<StepEvent>,
  ): Promise<Answered> {
    const isStreamed = body.stream === true;
    if (namesServerTools(body))
      return this.askWithTools(conversationOf(body, !isStreamed), caller, turn, sink);
    const context = { caller, cause: { type: 'stateless', requestId: turn.id } as const };
    const question = { ...questionOf(body), context, resettable: !isStreamed, toolPieces: isStreamed };
    return this.askModel.ask(question, turn.signal, sink);
  }

  /** All rounds as one answer: what was said in each of them, and what all of them cost. */
  private async askWithTools(
    conversation: Conversation,
    caller: Caller,
    turn: StatelessTurn,
    sink: Sink<StepEvent>,
  ): Promise<Answered> {
    const { answered, before, usage } = await this.answers.converseIn(turn, caller, conversation, sink);
    const text = asOneText([...before, answered.said.text.join('')]);
    return { ...answered, usage, said: { ...answered.said, text: [text] } };
  }
}
