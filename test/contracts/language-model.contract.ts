import type { LanguageModel, ModelPart, ModelRequest } from '../../src/llm/index.js';

/** What the suite needs of an implementation: the model, and questions that bring it into each situation. */
export interface LanguageModelUnderTest {
  readonly model: LanguageModel;
  /** A question with a short answer, and all of its text. */
  readonly short: { readonly request: ModelRequest; readonly text: string };
  /** A question whose answer takes long enough to be stopped after its first part. */
  readonly long: ModelRequest;
  /** A question whose answer the provider writes with U+0000, lone surrogates or pairs torn apart. */
  readonly torn: ModelRequest;
  /** Resolves when the provider has seen the connection of its latest request closed before the end. */
  readonly connectionClosed: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** A signal that nobody aborts. */
export const never = () => new AbortController().signal;

/** A request with a word of the system, half a pair, and settings, which each wire writes in its own way. */
export const WITH_SETTINGS = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hello \ud83d there' },
  ],
  temperature: 0.5,
  maxTokens: 7,
} as const;

/** All parts of an answer. */
export async function partsOf(
  model: LanguageModel,
  request: ModelRequest,
  signal: AbortSignal = never(),
): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  for await (const part of model.stream(request, signal)) parts.push(part);
  return parts;
}

/** The parts of an answer up to its end or its error, and the error. */
export async function outcomeOf(
  model: LanguageModel,
  request: ModelRequest,
): Promise<{ readonly parts: readonly ModelPart[]; readonly error: unknown }> {
  const parts: ModelPart[] = [];
  try {
    for await (const part of model.stream(request, never())) parts.push(part);
    return { parts, error: undefined };
  } catch (error) {
    return { parts, error };
  }
}

/** The next part of the answer itself: what the question has cost may come before it. */
export async function nextOf(parts: AsyncIterator<ModelPart>): Promise<IteratorResult<ModelPart>> {
  const next = await parts.next();
  return next.done !== true && next.value.type === 'prompt_usage' ? parts.next() : next;
}

/** The text that parts make. */
export function textOf(parts: readonly ModelPart[], type: 'text' | 'reasoning' = 'text'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}

/** What `LanguageModel` promises, whoever implements it. */
export function describeLanguageModel(name: string, setUp: () => Promise<LanguageModelUnderTest>): void {
  describe(`${name} as a language model`, () => {
    let subject: LanguageModelUnderTest;

    beforeAll(async () => {
      subject = await setUp();
    });

    afterAll(async () => {
      await subject.close();
    });

    it('has a name, and offers the model it uses by default', () => {
      expect(subject.model.provider).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(subject.model.catalogue.map(({ id }) => id)).toContain(subject.model.defaultModel);
    });

    it('gives the whole text in parts that are not empty, and then says once why it stopped', async () => {
      const parts = await partsOf(subject.model, subject.short.request);
      expect(textOf(parts)).toBe(subject.short.text);
      expect(parts.filter((part) => 'text' in part && part.text === '')).toEqual([]);
      expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(1);
      expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    });

    it('says what the question has cost once at most before the end', async () => {
      const types = (await partsOf(subject.model, subject.short.request)).map(({ type }) => type);
      expect(types.filter((type) => type === 'prompt_usage').length).toBeLessThanOrEqual(1);
    });

    it('says what the answer cost, in whole tokens that add up', async () => {
      const parts = await partsOf(subject.model, subject.short.request);
      const last = parts.at(-1)!;
      if (last.type !== 'finish') throw new Error('an answer has to finish');
      const { inputTokens, outputTokens, totalTokens } = last.usage;
      expect(inputTokens).toBeGreaterThan(0);
      expect(outputTokens).toBeGreaterThan(0);
      expect(totalTokens).toBe(inputTokens + outputTokens);
      expect(Number.isInteger(totalTokens)).toBe(true);
    });

    it('stops at the limit of tokens, and says so', async () => {
      const parts = await partsOf(subject.model, { ...subject.short.request, maxTokens: 3 });
      const text = textOf(parts);
      expect(text).not.toBe('');
      expect(text).not.toBe(subject.short.text);
      expect(subject.short.text.startsWith(text)).toBe(true);
      expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'length' });
    });

    it('never gives text that is not well-formed, or that has U+0000 in it', async () => {
      const parts = await partsOf(subject.model, subject.torn);
      for (const part of parts) {
        if (!('text' in part)) continue;
        expect(part.text.isWellFormed()).toBe(true);
        expect(part.text).not.toContain('\0');
      }
      expect(textOf(parts)).not.toBe('');
    });

    it('throws the reason of a signal that is aborted before it begins', async () => {
      const reason = new Error('not wanted');
      const stream = subject.model.stream(subject.long, AbortSignal.abort(reason));
      await expect(stream[Symbol.asyncIterator]().next()).rejects.toBe(reason);
    });

    it('throws the reason of a signal aborted in the middle, and closes the connection', async () => {
      const reason = new Error('stopped');
      const controller = new AbortController();
      const types: string[] = [];
      const reading = (async () => {
        for await (const part of subject.model.stream(subject.long, controller.signal)) {
          if (part.type === 'prompt_usage') continue;
          types.push(part.type);
          controller.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      expect(types).toEqual(['text']);
      await subject.connectionClosed();
    });

    it('throws the reason of a signal aborted while the reader is busy elsewhere', async () => {
      const reason = new Error('stopped');
      const controller = new AbortController();
      const iterator = subject.model.stream(subject.long, controller.signal)[Symbol.asyncIterator]();
      await nextOf(iterator);
      controller.abort(reason);
      await subject.connectionClosed();
      await expect(iterator.next()).rejects.toBe(reason);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    });

    it('closes the connection when its reader returns early', async () => {
      for await (const part of subject.model.stream(subject.long, never())) {
        if (part.type === 'prompt_usage') continue;
        expect(part.type).toBe('text');
        break;
      }
      await subject.connectionClosed();
    });

    it('leaves nothing on the signal when it is done', async () => {
      const { signal } = new AbortController();
      const kept = new Set<unknown>();
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...parameters: Parameters<typeof add>) => {
        kept.add(parameters[1]);
        add(...parameters);
      };
      signal.removeEventListener = (...parameters: Parameters<typeof remove>) => {
        kept.delete(parameters[1]);
        remove(...parameters);
      };
      await partsOf(subject.model, subject.short.request, signal);
      expect(kept.size).toBe(0);
    });

    it('keeps answers that run at the same time apart', async () => {
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => partsOf(subject.model, subject.short.request)),
      );
      for (const parts of answers) expect(textOf(parts)).toBe(subject.short.text);
    });
  });
}
