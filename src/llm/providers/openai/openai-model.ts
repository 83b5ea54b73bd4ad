import type { OpenAI } from 'openai';
import { sizeOf } from '../../core/estimate-usage.js';
import type { LanguageModel, ModelPart, ModelRequest } from '../../ports/language-model.js';
import { baseUrlOf, openAiClient, type OpenAiSettings } from './openai-client.js';
import { brokenAnswer, classifyReadError, classifyRequestError } from './openai-errors.js';
import { chatCompletionBody } from './openai-request.js';
import { AnswerReader } from './openai-stream.js';
import { UpstreamCall } from './upstream-call.js';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

const OPENAI_MODELS = [
  'gpt-4o-mini',
  'gpt-4o',
  'gpt-4.1',
  'gpt-4.1-mini',
  'gpt-4.1-nano',
  'gpt-5',
  'gpt-5-mini',
  'gpt-5-nano',
  'o3',
  'o4-mini',
];

/** How long to wait for the provider to say what an answer cost. */
const LONGEST_WAIT_FOR_COST_MS = 5_000;

/** The models of OpenAI, or of any server that speaks its chat completions. */
export class OpenAiModel implements LanguageModel {
  readonly provider = 'openai';
  readonly defaultModel = 'gpt-4o-mini';
  readonly models: readonly string[];
  private readonly client: OpenAI;
  private readonly officialApi: boolean;

  constructor(private readonly settings: OpenAiSettings) {
    this.client = openAiClient(settings);
    this.officialApi = new URL(baseUrlOf(settings.url)).hostname === 'api.openai.com';
    this.models = this.officialApi ? OPENAI_MODELS : [this.defaultModel];
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart> {
    const call = new UpstreamCall(this.provider, signal, {
      beginning: this.settings.firstTokenTimeoutMs,
      text: this.settings.idleTimeoutMs,
      cost: Math.min(this.settings.idleTimeoutMs, LONGEST_WAIT_FOR_COST_MS),
    });
    const parts = this.answer(request, call);
    const iterator: AsyncIterator<ModelPart> = {
      next: () => parts.next(),
      // A generator would finish its pending read first: the connection is closed under it.
      return: () => {
        call.giveUp();
        return parts.return(undefined);
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  private async *answer(request: ModelRequest, call: UpstreamCall): AsyncGenerator<ModelPart, undefined> {
    try {
      call.begin();
      const reader = await this.open(request, call.signal);
      const answer = new AnswerReader(this.provider, sizeOf(request.messages));
      for (
        let parts = await this.more(reader, answer, call);
        parts;
        parts = await this.more(reader, answer, call)
      ) {
        for (const part of parts) {
          yield part;
          call.throwIfAborted();
        }
      }
      const last = answer.end();
      void call.settle(reader);
      for (const part of last) {
        call.throwIfAborted();
        yield part;
      }
    } catch (error) {
      if (!call.isReturned) throw call.reasonFor(error);
    } finally {
      call.close();
    }
    return undefined;
  }

  /** The parts of one read from the network, or `undefined` when the answer has ended. */
  private async more(reader: Reader, answer: AnswerReader, call: UpstreamCall) {
    if (answer.isDone) return undefined;
    call.patience.wait(answer.stage);
    try {
      const { done, value } = await reader.read();
      return done ? undefined : answer.feed(value);
    } catch (error) {
      call.throwIfAborted();
      // The text is complete: only what it cost will have to be estimated.
      if (answer.stage === 'cost') return undefined;
      throw classifyReadError(error, this.provider);
    } finally {
      call.patience.pause();
    }
  }

  private async open(request: ModelRequest, signal: AbortSignal): Promise<Reader> {
    const response = await this.client.chat.completions
      .create(chatCompletionBody(request, this.officialApi), { signal })
      .asResponse()
      .catch((error: unknown) => {
        throw classifyRequestError(error, this.provider);
      });
    if (response.body === null) throw brokenAnswer(this.provider, 'is empty');
    return response.body.getReader();
  }
}
