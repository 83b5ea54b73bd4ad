import { Injectable } from '@nestjs/common';
import { endianness } from 'node:os';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { EmbedTexts } from '../../llm/index.js';
import { StatelessTurns } from '../../turn/index.js';
import { whileThere, type Exchange } from '../exchange.js';
import { modelName } from './completion-answer.js';
import type { embeddingAnswer, EmbeddingBody } from './embedding-schemas.js';

type Embedded = Awaited<ReturnType<EmbedTexts['embed']>>;
type EmbeddingAnswer = z.output<typeof embeddingAnswer>;

const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** Makes vectors of texts for a client that waits for them. */
@Injectable()
export class MakeEmbeddings {
  constructor(
    private readonly turns: StatelessTurns,
    private readonly embedTexts: EmbedTexts,
  ) {}

  async make({ caller, reply }: Exchange, body: EmbeddingBody): Promise<void> {
    const { value } = await this.embed(caller, body, whileThere(reply).signal).next();
    reply.status(200).send(value);
  }

  private embed(
    caller: Caller,
    { model, input, dimensions, encoding_format: encoding = 'float' }: EmbeddingBody,
    signal: AbortSignal,
  ): AsyncGenerator<never, EmbeddingAnswer, undefined> {
    const { embedTexts } = this;
    return this.turns.run(
      caller,
      async function* (turnId, ended) {
        const context = { caller, cause: { type: 'stateless', requestId: turnId } as const };
        const inputs = listOf(input);
        const embedded = await embedTexts.embed({ choice: { model }, context, inputs, dimensions }, ended);
        return embeddingsOf(embedded, encoding);
      },
      signal,
    );
  }
}

/** One text, or the tokens of one, or a list of either. */
function listOf(input: EmbeddingBody['input']): readonly (string | readonly number[])[] {
  if (typeof input === 'string') return [input];
  return typeof input[0] === 'number' ? [input as number[]] : (input as string[] | number[][]);
}

/** Vectors in OpenAI's words. */
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

/** 32-bit floats one after the other, little-endian whatever machine this is. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.from(Float32Array.from(vector).buffer);
  return (IS_LITTLE_ENDIAN ? bytes : bytes.swap32()).toString('base64');
}
