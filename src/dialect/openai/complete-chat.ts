import { Inject, Injectable } from '@nestjs/common';
import type { AnswerPart } from '../../kernel/index.js';
import { AskModel, type Answered } from '../../llm/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { OpenStreams, streamError } from '../../platform/http/index.js';
import { SseConnections, type Frame } from '../../stream/index.js';
import { StatelessTurns } from '../../turn/index.js';
import { whenOver, whileThere, type Exchange } from '../exchange.js';
import { opened } from '../opened.js';
import { ChunkWriter } from './chunk-writer.js';
import { headingOf } from './completion-answer.js';
import { questionOf } from './completion-question.js';
import type { CompletionBody } from './completion-schemas.js';
import { streamedCompletion, wholeCompletion } from './completions.js';
import { openAiError } from './openai-error.js';

/** A request for a completion, and where its answer goes. */
export interface CompletionRequest extends Exchange {
  readonly body: CompletionBody;
}

type Asked = CompletionRequest & { readonly turnId: string; readonly resettable: boolean };

/** Answers chat completions, whole or piece by piece; a client that leaves takes its answer with it. */
@Injectable()
export class CompleteChat {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'MAX_ANSWER_CHARS'>,
    private readonly turns: StatelessTurns,
    private readonly askModel: AskModel,
    private readonly openStreams: OpenStreams,
    private readonly connections: SseConnections,
  ) {}

  /** Throws what is wrong before anything was sent; what goes wrong later is told in the stream. */
  complete(request: CompletionRequest): Promise<void> {
    return request.body.stream === true ? this.stream(request) : this.whole(request);
  }

  private async whole(request: CompletionRequest): Promise<void> {
    const answer = this.turns.run(
      request.caller,
      (turnId, ended) => {
        const speech = this.ask({ ...request, turnId, resettable: true }, ended);
        return wholeCompletion(speech, headingOf(turnId), this.config.MAX_ANSWER_CHARS);
      },
      whileThere(request.reply).signal,
    );
    const { value } = await answer.next();
    request.reply.status(200).send(value);
  }

  private async stream(request: CompletionRequest): Promise<void> {
    const { caller, reply } = request;
    whenOver(reply, this.openStreams.open(caller));
    const controller = whileThere(reply);
    const frames = await opened(this.frames(request, controller.signal));
    this.connections.write({
      caller,
      reply,
      source: (signal) => {
        signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
        return frames();
      },
      isSilent: frames.isSilent,
      onError: (error) => errorFrames(error, reply.request.id),
    });
  }

  private frames(
    request: CompletionRequest,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Frame[], void, undefined> {
    const includeUsage = request.body.stream_options?.include_usage === true;
    return this.turns.run(
      request.caller,
      (turnId, ended) => {
        const speech = this.ask({ ...request, turnId, resettable: false }, ended);
        const writer = new ChunkWriter(headingOf(turnId), includeUsage);
        return streamedCompletion(speech, writer, this.config.MAX_ANSWER_CHARS);
      },
      signal,
    );
  }

  private ask(
    { body, caller, turnId, resettable }: Asked,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerPart, Answered, undefined> {
    const context = { caller, cause: { type: 'stateless', requestId: turnId } as const };
    const toolPieces = body.stream === true;
    return this.askModel.ask({ ...questionOf(body), context, resettable, toolPieces }, signal);
  }
}

function errorFrames(thrown: unknown, requestId: string): readonly Frame[] {
  return [{ data: JSON.stringify(openAiError(streamError(thrown, requestId))) }];
}
