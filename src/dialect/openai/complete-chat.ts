import { Injectable } from '@nestjs/common';
import type { AnswerPart, Sink } from '../../kernel/index.js';
import { AskModel, type Answered } from '../../llm/index.js';
import type { Frame } from '../../stream/index.js';
import { StatelessTurns, type StatelessTurn } from '../../turn/index.js';
import { abortOnDisconnect, type Exchange } from '../exchange.js';
import { WireStreams } from '../wire-streams.js';
import { ChunkWriter } from './chunk-writer.js';
import { completionOf, headingOf } from './completion-response.js';
import { questionOf } from './completion-question.js';
import type { CompletionBody } from './completion-schemas.js';
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
    private readonly streams: WireStreams,
  ) {}

  /** Throws errors that occur before anything was sent; later ones are sent in the stream. */
  complete(request: CompletionRequest): Promise<void> {
    return request.body.stream === true ? this.stream(request) : this.whole(request);
  }

  private async whole(request: CompletionRequest): Promise<void> {
    const { caller, reply } = request;
    const completion = await this.turns.run(
      caller,
      async (turn) => completionOf(headingOf(turn.id), await this.ask(request, turn, () => undefined)),
      abortOnDisconnect(reply).signal,
    );
    reply.status(200).send(completion);
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
      const answered = await this.ask(request, turn, (part) => {
        const frames = writer.part(part);
        return frames && send(frames);
      });
      await send(writer.end(answered));
    };
    return this.turns.run(request.caller, work, signal);
  }

  /** Pieces that were streamed cannot be reset. */
  private ask(
    { body, caller }: CompletionRequest,
    { id: turnId, signal }: StatelessTurn,
    sink: Sink<AnswerPart>,
  ): Promise<Answered> {
    const context = { caller, cause: { type: 'stateless', requestId: turnId } as const };
    const isStreamed = body.stream === true;
    const question = { ...questionOf(body), context, resettable: !isStreamed, toolPieces: isStreamed };
    return this.askModel.ask(question, signal, sink);
  }
}
