import type { AnswerPart } from '../../src/kernel/index.js';
import { AskModel } from '../../src/llm/app/ask-model.js';
import { CircuitBreakers } from '../../src/llm/app/circuit-breakers.js';
import { CurrentProvider } from '../../src/llm/app/current-provider.js';
import { FirstTokenTimes } from '../../src/llm/app/first-token-times.js';
import { LlmMetrics } from '../../src/llm/app/llm-metrics.js';
import { MakeAttempt } from '../../src/llm/app/make-attempt.js';
import type { ModelCatalogue } from '../../src/llm/app/model-catalogue.js';
import { ModelDirectory } from '../../src/llm/app/model-directory.js';
import { PlanRoute } from '../../src/llm/app/plan-route.js';
import { ProviderLimits } from '../../src/llm/app/provider-limits.js';
import type { Answered, Question } from '../../src/llm/app/question.js';
import { RecordAttempt } from '../../src/llm/app/record-attempt.js';
import { ModelError, type Fault } from '../../src/llm/core/model-error.js';
import { loadConfig, type Config } from '../../src/platform/config/index.js';
import { Metrics } from '../../src/platform/telemetry/index.js';
import { ModelLabels, UsageMetrics, type AttemptRecord, type BegunAttempt } from '../../src/usage/index.js';
import { ScriptedModel, type Script } from '../doubles/scripted-model.js';

/** The error of a provider that fails, by whose fault it is. */
export const broken = (fault: Fault = 'server', options: { retryAfter?: number } = {}) =>
  new ModelError(fault, fault === 'rate' ? 'RATE_LIMITED' : 'PROVIDER_UNAVAILABLE', 'no', options);
/** The error of a provider that does not answer in time. */
export const slow = new ModelError('server', 'PROVIDER_TIMEOUT', 'slow');

/** What a sink throws that takes no more. */
export const LEFT = new Error('left');
/** What the questions are asked for. */
export const CAUSE = { type: 'stateless', requestId: 'request' } as const;

/** All that a question goes through over providers that play their scripts, and what it leaves behind. */
export function setUp(
  scripts: Record<string, Script[]>,
  settings: Record<string, string> = {},
  windows: Record<string, number> = {},
) {
  const models = Object.entries(scripts).map(([name, entries]) => new ScriptedModel(name, entries));
  const [, ...others] = Object.keys(scripts);
  const config: Config = loadConfig({
    LLM_MAX_RETRY_WAIT_MS: '60',
    ...(others.length > 0 ? { LLM_FALLBACKS: others.join(',') } : {}),
    ...settings,
  });
  const begun: BegunAttempt[] = [];
  /** How many requests had been sent when the attempts were stored. */
  const asked: number[] = [];
  const rows: AttemptRecord[] = [];
  const catalogue = {
    facts: (provider: string) => ({
      ...models.find((model) => model.provider === provider)?.catalogue[0],
      contextWindow: windows[provider],
    }),
    publicName: (_provider: string, model: string) => model,
    defaultModel: () => undefined,
  } as unknown as ModelCatalogue;
  const none = {
    read: () => Promise.resolve({ selected: [], asOf: new Date() }),
    write: () => Promise.resolve(),
    onChanged: () => Promise.resolve(),
  };
  const directory = new ModelDirectory(models, config, new CurrentProvider(none));
  const times = new FirstTokenTimes();
  const breakers = new CircuitBreakers(config);
  const metrics = new Metrics({ METRICS: false });
  const labels = new ModelLabels();
  const recordAttempt = new RecordAttempt(
    {
      begin: async (attempt) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        // Whoever was asked by now was asked too early.
        asked.push(models.reduce((sum, { requests }) => sum + requests.length, 0));
        begun.push(attempt);
      },
      record: (row) => {
        rows.push(row);
        return Promise.resolve('stored');
      },
      recordWithTurn: (row) => {
        rows.push(row);
        return Promise.resolve('stored');
      },
      takeOfTurn: () => undefined,
    },
    {
      count: (texts) => Promise.resolve(texts.join('').length),
      textOf: () => Promise.resolve(undefined),
    },
    catalogue,
    times,
    new UsageMetrics(metrics, labels),
  );
  const attempts = new MakeAttempt(config, breakers, new ProviderLimits(config), recordAttempt);
  const plan = new PlanRoute(config, directory, catalogue, times);
  const ask = new AskModel(config, plan, breakers, attempts, new LlmMetrics(metrics, labels));
  return { ask, begun, asked, rows, breakers, models };
}

/** What a test has at hand. */
export type Setting = ReturnType<typeof setUp>;

/** Everything that was said, and how it ended. */
export async function outcome(
  { ask }: Setting,
  {
    resettable = true,
    toolPieces = false,
    signal = new AbortController().signal,
    stopAfter = Infinity,
    choice = {},
    ...more
  }: Partial<Pick<Question, 'limitText' | 'tools' | 'resettable' | 'toolPieces' | 'choice'>> & {
    readonly signal?: AbortSignal;
    readonly stopAfter?: number;
  } = {},
) {
  const parts: AnswerPart[] = [];
  const question = {
    choice,
    context: { caller: { id: 'alice', org: 'acme' }, cause: CAUSE },
    messages: [{ role: 'user' as const, content: 'hello' }],
    passages: [],
    resettable,
    toolPieces,
    ...more,
  };
  let answered: Answered | undefined;
  let error: unknown;
  try {
    answered = await ask.ask(question, signal, (part) => {
      parts.push(part);
      if (parts.length === stopAfter) throw LEFT;
      return undefined;
    });
  } catch (thrown) {
    error = thrown;
  }
  return { parts, answered, error };
}

/** The text somebody holds who obeys every reset. */
export function held(parts: readonly AnswerPart[]): string {
  return parts.reduce(
    (text, part) => (part.type === 'reset' ? '' : part.type === 'text' ? text + part.text : text),
    '',
  );
}

/** The rows of the ledger, with what they say of how it went. */
export const summary = (rows: readonly AttemptRecord[]) =>
  rows.map(({ provider, outcome: how, retries, estimated }) => ({ provider, how, retries, estimated }));
