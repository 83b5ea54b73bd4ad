import type { ModelRequest } from '../../src/llm/index.js';
import type { ModelSampler, SamplingRequest } from '../../src/tool/ports/model-sampler.js';
import type { AttemptRecord } from '../../src/usage/index.js';
import { newUser } from '../support/callers.js';
import { contextOf } from '../support/tools.js';

export interface ModelSamplerUnderTest {
  readonly sampler: ModelSampler;
  /** What models have been asked. */
  readonly requests: () => readonly ModelRequest[];
  /** What stands in the ledger. */
  readonly rows: readonly AttemptRecord[];
}

export interface ModelSamplersUnderTest {
  /** Of models that answer `In short.`; the second one has to be chosen. */
  answering(): ModelSamplerUnderTest & { readonly chosen: { provider: string; model: string } };
  failing(): ModelSamplerUnderTest;
  /** Never answers. */
  silent(): ModelSamplerUnderTest;
}

const REQUEST: SamplingRequest = {
  system: 'Be short.',
  messages: [
    { role: 'user', text: 'Sum it up.' },
    { role: 'assistant', text: 'All of it?' },
    { role: 'user', text: 'Yes.' },
  ],
  ...{ maxTokens: 50, temperature: 0.5, stop: ['END'] },
};

/** Holds an implementation to every promise of {@link ModelSampler}. */
export function describeModelSampler(name: string, subjects: ModelSamplersUnderTest): void {
  describe(`models that are lent to servers, by ${name}`, () => {
    const signal = new AbortController().signal;

    it('are asked just what the server wants, by the choice of the turn, and on its account', async () => {
      const { sampler, requests, rows, chosen } = subjects.answering();
      const context = { ...contextOf({ caller: newUser() }), step: 'reply', choice: chosen };
      let told = 0;
      const answer = await sampler.sample(REQUEST, context, signal, () => (told += 1));
      expect(answer).toEqual({ model: chosen.model, text: 'In short.', isCut: false });
      expect(told).toBeGreaterThan(0);
      expect(requests()).toEqual([
        expect.objectContaining({
          messages: [
            { role: 'system', content: 'Be short.' },
            { role: 'user', content: 'Sum it up.' },
            { role: 'assistant', content: 'All of it?' },
            { role: 'user', content: 'Yes.' },
          ],
          ...{ maxTokens: 50, temperature: 0.5, stop: ['END'] },
        }),
      ]);
      expect(requests()[0]!.tools).toBeUndefined();
      const { caller, threadId, turnId } = context;
      expect(rows).toEqual([
        expect.objectContaining({
          ...{ user: caller.id, org: caller.org, provider: chosen.provider, outcome: 'completed' },
          cause: { type: 'turn', threadId, turnId, step: 'reply', purpose: 'sampling' },
        }),
      ]);
    });

    it('say in the words of the catalogue why there is no answer', async () => {
      const { sampler } = subjects.failing();
      await expect(sampler.sample(REQUEST, contextOf(), signal, () => undefined)).rejects.toMatchObject({
        code: 'PROVIDER_UNAVAILABLE',
      });
    });

    it('are not waited for when the call is stopped', async () => {
      const { sampler, requests } = subjects.silent();
      const controller = new AbortController();
      const reason = new Error('stopped');
      const sampling = sampler.sample(REQUEST, contextOf(), controller.signal, () => undefined);
      while (requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      controller.abort(reason);
      await expect(sampling).rejects.toBe(reason);
    });
  });
}
