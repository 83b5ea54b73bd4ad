import { Injectable } from '@nestjs/common';
import { endianness } from 'node:os';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { EmbedTexts } from '../../llm/index.js';
import { StatelessTurns, type StatelessTurn } from '../../turn/index.js';
import { abortOnDisconnect, type Exchange } from '../exchange.js';
import { modelName } from './completion-response.js';
import type { embeddingResponse, EmbeddingBody } from './embedding-schemas.js';

type Embedded = Awaited<ReturnType<EmbedTexts['embed']>>;
type EmbeddingAnswer = z.output<typeof embeddingResponse>;

const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** Makes vectors of texts in response to a request. */
@Injectable()
export class MakeEmbeddings {
  constructor(
    private readonly turns: StatelessTurns,
    private readonly embedTexts: EmbedTexts,
  ) {}

  async make({ caller, reply }: Exchange, body: EmbeddingBody): Promise<void> {
    reply.status(200).send(await this.embed(caller, body, abortOnDisconnect(reply).signal));
  }

  private embed(
    caller: Caller,
    { model, input, dimensions, encoding_format: encoding = 'float' }: EmbeddingBody,
    signal: AbortSignal,
  ): Promise<EmbeddingAnswer> {
    const work = async (turn: StatelessTurn) => {
      const context = { caller, cause: { type: 'stateless', requestId: turn.id } as const };
      const question = { choice: { model }, context, inputs: listOf(input), dimensions };
      return embeddingsOf(await this.embedTexts.embed(question, turn.signal), encoding);
    };
    return this.turns.run(caller, work, signal);
  }
}

/** An input is one text, the tokens of one, or a list of either. */
function listOf(input: EmbeddingBody['input']): readonly (string | readonly number[])[] {
  if (typeof input === 'string') return [input];
  return typeof input[0] === 'number' ? [input as number[]] : (input as string[] | number[][]);
}

/** Vectors in OpenAI's format. */
export function embeddingsOf(embedded: Embedded, encoding: 'float' | 'base64'): EmbeddingAnswer {
  const { vectors, usage } = embedded;
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? base64Of(vector) : [...vector],
    })),
    model: modelName(embedded),
    usage: { prompt_tokens: usage.inputTokens, total_tokens: usage.totalTokens },
  };
}

/** The vector as 32-bit floats, little-endian on every machine. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.from(Float32Array.from(vector).buffer);
  return (IS_LITTLE_ENDIAN ? bytes : bytes.swap32()).toString('base64');
}
