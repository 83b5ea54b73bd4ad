import { AppError, type AnswerPart } from '../../kernel/index.js';
import type { Answered } from '../../llm/index.js';
import type { Frame } from '../../stream/index.js';
import type { ChunkWriter } from './chunk-writer.js';
import { completionOf, type Heading } from './completion-answer.js';

type Speech = AsyncGenerator<AnswerPart, Answered, undefined>;
export type Completion = ReturnType<typeof completionOf>;

/**
 * A whole answer; nothing is yielded on the way. Throws what the speech throws, and `PROVIDER_ERROR` for an answer of
 * more characters than the bound.
 */
export async function* wholeCompletion(
  speech: Speech,
  heading: Heading,
  maxChars: number,
): AsyncGenerator<never, Completion, undefined> {
  const said = { text: [] as string[], reasoning: [] as string[] };
  const answered = yield* translated<never>(speech, maxChars, (part) => {
    if (part.type === 'reset') said.text.length = said.reasoning.length = 0;
    else if (part.type === 'text' || part.type === 'reasoning') said[part.type].push(part.text);
    return undefined;
  });
  return completionOf(heading, { text: said.text.join(''), reasoning: said.reasoning.join('') }, answered);
}

/** The same as frames of a stream, each batch as soon as the speech has it; the first comes with the first word, or piece of a call. */
export async function* streamedCompletion(
  speech: Speech,
  writer: ChunkWriter,
  maxChars: number,
): AsyncGenerator<readonly Frame[], void, undefined> {
  const answered = yield* translated(speech, maxChars, (part) => writer.part(part));
  yield writer.end(answered);
}

/** Reads a speech to its end, or closes it where its reader stops. */
async function* translated<Out>(
  speech: Speech,
  maxChars: number,
  translate: (part: AnswerPart) => Out | undefined,
): AsyncGenerator<Out, Answered, undefined> {
  let chars = 0;
  try {
    for (;;) {
      const { done, value } = await speech.next();
      if (done === true) return value;
      const out = translate(value);
      if (out !== undefined) yield out;
      if (value.type === 'reset') chars = 0;
      else if (value.type !== 'attempt') chars += value.text.length;
      if (chars > maxChars) throw tooLong(maxChars);
    }
  } finally {
    await speech.return(undefined as never);
  }
}

function tooLong(limit: number): AppError {
  return new AppError('PROVIDER_ERROR', `The answer grew past ${limit} characters and was ended there.`, {
    retryable: false,
    details: { limit },
  });
}
