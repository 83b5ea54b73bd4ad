import OpenAI from 'openai';

/** A piece of an answer. */
export type Chunk = OpenAI.ChatCompletionChunk;

/** What is asked. */
export const MODEL = 'openai/gpt-4o-mini';

/** What a user says. */
export const user = (content: string) => [{ role: 'user' as const, content }];

/** The text of all pieces. */
export const textOf = (chunks: readonly Chunk[]) =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

/** The error that this ends with. */
export async function failure(work: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
