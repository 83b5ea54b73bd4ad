import type { ToolQuestion } from '../../core/tool-output.js';
import type { SamplingRequest } from '../../ports/model-sampler.js';
import type { ServerTarget } from '../../ports/tool-servers.js';
import { ANSWER_MS, elicitationOf } from './questions.js';
import { samplingOf, samplingPrompt } from './sampling.js';

/** Requests that a server makes at once. */
const MAX_REQUESTS = 10;
const MAX_KEY = 128;

type Json = Readonly<Record<string, unknown>>;

/** What a server asks of its client before it answers, each under the server's own key. */
export interface AskedOfClient {
  /** What people are asked. */
  readonly asks: readonly ToolQuestion[];
  /** What models are asked, when people agree. */
  readonly samplings: Readonly<Record<string, SamplingRequest>>;
  /** Where it wants to be told its folders. */
  readonly roots: readonly string[];
}

/** Reads what a server asks of its client; in words why it cannot be had. */
export function askedOfClient(
  requests: Json,
  { name, maySample, roots: folders }: Pick<ServerTarget, 'name' | 'maySample' | 'roots'>,
  answerMs = ANSWER_MS,
): AskedOfClient | string {
  const entries = Object.entries(requests);
  if (entries.length > MAX_REQUESTS) return 'It asks too much at once.';
  const asks: ToolQuestion[] = [];
  const samplings: Record<string, SamplingRequest> = {};
  const roots: string[] = [];
  for (const [key, request] of entries) {
    if (key.length > MAX_KEY) return 'Its question has no name that can be kept.';
    const { method, params } = (request ?? {}) as { readonly method?: unknown; readonly params?: Json };
    if (method === 'elicitation/create') {
      const question = elicitationOf(key, params ?? {}, answerMs);
      if (typeof question === 'string') return question;
      asks.push(question);
    } else if (method === 'sampling/createMessage' && maySample) {
      const sampling = samplingOf(params ?? {});
      if (typeof sampling === 'string') return sampling;
      samplings[key] = sampling;
      asks.push({ key, kind: 'sampling', prompt: samplingPrompt(name, sampling), schema: null, answerMs });
    } else if (method === 'roots/list' && folders.length > 0) roots.push(key);
    else return 'It asks for something that is not offered here.';
  }
  return { asks, samplings, roots };
}
