import { ERROR_CATALOGUE } from '../../src/kernel/index.js';
import { startAnthropicStandIn } from '../doubles/anthropic-stand-in.js';
import { startOllamaStandIn } from '../doubles/ollama-stand-in.js';
import { LARGE } from '../doubles/stand-in-answer.js';
import { expectedText, startOpenAiStandIn, type Behaviour, type Fault } from '../doubles/openai-stand-in.js';
import { ledgerRows } from '../support/ledger.js';
import { sized } from '../support/size.js';
import { framesUntil, textOf } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

interface StandIn {
  readonly url: string;
  readonly requests: readonly unknown[];
  script(...behaviours: readonly Partial<Behaviour>[]): void;
  close(): Promise<void>;
}

const WIRES: readonly {
  readonly provider: string;
  readonly start: () => Promise<StandIn>;
  readonly settings: (url: string) => Record<string, string>;
}[] = [
  { provider: 'openai', start: startOpenAiStandIn, settings: (url) => ({ OPENAI_URL: url }) },
  {
    provider: 'claude',
    start: startAnthropicStandIn,
    settings: (url) => ({ ANTHROPIC_URL: url, ANTHROPIC_API_KEY: 'sk-ant-very-private' }),
  },
  { provider: 'ollama', start: startOllamaStandIn, settings: (url) => ({ OLLAMA_URL: url }) },
  // Two that speak OpenAI's wire, each with its own ways.
  {
    provider: 'groq',
    start: startOpenAiStandIn,
    settings: (url) => ({ GROQ_URL: url, GROQ_API_KEY: 'gsk-very-private' }),
  },
  {
    provider: 'openrouter',
    start: startOpenAiStandIn,
    settings: (url) => ({ OPENROUTER_URL: url, OPENROUTER_API_KEY: 'sk-or-very-private' }),
  },
];

interface Expected {
  readonly status: 'completed' | 'failed';
  /** The error's code, for a turn that fails. */
  readonly code?: keyof typeof ERROR_CATALOGUE;
  readonly text: string;
  /** Requests that reach the provider. */
  readonly requests: number;
  readonly finishReason?: string;
  readonly outcome: 'completed' | 'failed' | 'refused';
}

const whole = (requests = 1): Expected => ({
  status: 'completed',
  text: expectedText(12),
  requests,
  outcome: 'completed',
});
const failed = (code: Expected['code'] & string, requests: number, text = ''): Expected => ({
  status: 'failed',
  code,
  text,
  requests,
  outcome: 'failed',
});
const fault = (name: Fault, at = 0): Partial<Behaviour> => ({ fault: name, at });

/** What a provider does wrong, request after request, and what comes of it: the same for every wire. */
const TABLE: readonly [name: string, scripts: readonly Partial<Behaviour>[], expected: Expected][] = [
  ['429 twice, then an answer', [fault('rate_limit'), fault('rate_limit'), {}], whole(3)],
  ['429 again and again', Array(3).fill(fault('rate_limit')), failed('RATE_LIMITED', 3)],
  ['429 with a long Retry-After', [{ ...fault('rate_limit'), retryAfter: 50 }], failed('RATE_LIMITED', 1)],
  ['500, then an answer', [fault('server_error'), {}], whole(2)],
  ['500 again and again', Array(3).fill(fault('server_error')), failed('PROVIDER_UNAVAILABLE', 3)],
  ['a key that is not accepted', [fault('unauthorized')], failed('PROVIDER_ERROR', 1)],
  ['an unknown model', [fault('unknown_model')], failed('UNKNOWN_MODEL', 1)],
  ['a context that is too long', [fault('context_length')], failed('CONTEXT_TOO_LONG', 1)],
  ['a hang before the headers', [fault('hang')], failed('PROVIDER_TIMEOUT', 1)],
  ['a hang before the first byte', [fault('hang_after_headers')], failed('PROVIDER_TIMEOUT', 1)],
  ['a hang in the middle', [fault('stall', 5)], failed('PROVIDER_TIMEOUT', 1, expectedText(5))],
  [
    'nothing but signs of life in the middle, and no end of it',
    [fault('only_comments', 5)],
    failed('PROVIDER_TIMEOUT', 1, expectedText(5)),
  ],
  ['nothing but signs of life in the middle, for a while', [fault('comments_for_a_while', 5)], whole()],
  ['a cut after five tokens', [fault('cut', 5)], failed('PROVIDER_ERROR', 1, expectedText(5))],
  ['a cut before the first token, then an answer', [fault('cut'), {}], whole(2)],
  ['an end without a reason', [fault('no_finish')], failed('PROVIDER_ERROR', 1, expectedText(12))],
  ['a malformed frame', [fault('malformed', 5)], failed('PROVIDER_ERROR', 1, expectedText(5))],
  ['an error in the stream', [fault('error_frame', 5)], failed('PROVIDER_ERROR', 1, expectedText(5))],
  ['a frame without end', [fault('endless_frame', 5)], failed('PROVIDER_ERROR', 1, expectedText(5))],
  [
    'a frame of more than a megabyte',
    [fault('large_frame', 12)],
    { ...whole(), text: expectedText(12) + LARGE },
  ],
  ['split characters', [fault('split_utf8')], whole()],
  ['split lines', [fault('split_lines')], whole()],
  ['no usage', [fault('no_usage')], whole()],
  ['an empty answer', [fault('empty')], { ...whole(), text: '' }],
  ['the limit of tokens', [fault('length')], { ...whole(), finishReason: 'length' }],
  [
    'a content filter',
    [fault('content_filter')],
    { ...whole(), finishReason: 'content_filter', outcome: 'refused' },
  ],
];

/** A wire that has no word for it says something else. */
const DIFFERENT: Readonly<Record<string, Partial<Expected>>> = {
  'ollama: a content filter': { finishReason: 'stop', outcome: 'completed' },
};

/** An error in the stream that names its kind is told by that kind. */
const CODES_BY_WIRE: Readonly<Record<string, Expected['code']>> = {
  'claude: an error in the stream': 'PROVIDER_UNAVAILABLE',
};

describe.each(sized(WIRES.slice(0, 1), WIRES))(
  'what the provider $provider does wrong',
  ({ provider, start, settings }) => {
    let standIn: StandIn;
    let server: TestServer;
    let alice: TestUser;

    beforeAll(async () => {
      standIn = await start();
      server = await startTestServer({
        ...settings(standIn.url),
        DEFAULT_PROVIDER: provider,
        LLM_FIRST_TOKEN_TIMEOUT_MS: '700',
        LLM_IDLE_TIMEOUT_MS: '700',
        LLM_KEEPALIVE_TIMEOUT_MS: '2500',
        LLM_MAX_RETRY_WAIT_MS: '5000',
        LLM_BREAKER_THRESHOLD: '1000',
      });
      alice = await server.user();
    });

    afterAll(async () => {
      await server?.close();
      await standIn?.close();
    });

    it.each(TABLE)('%s', async (name, scripts, expected) => {
      const { text, requests, ...rest } = { ...expected, ...DIFFERENT[`${provider}: ${name}`] };
      const code = CODES_BY_WIRE[`${provider}: ${name}`] ?? rest.code;
      const before = standIn.requests.length;
      standIn.script(...scripts.map((script) => ({ tokens: 12, ...script })));
      const threadId = await alice.newThread();
      const stream = await alice.stream(threadId, 'my private words');
      const frames = await framesUntil(stream, 'done');

      const turnId = frames[0]!.data['turnId'];
      expect(frames.at(-1)?.data).toMatchObject({ status: rest.status });
      const error = frames.find(({ type }) => type === 'error')?.data;
      expect(error?.['code']).toBe(code);
      if (error !== undefined) {
        expect(Object.keys(ERROR_CATALOGUE)).toContain(error['code']);
        expect(stream.text()).not.toContain('secret words');
        expect(stream.text()).not.toContain('very-private');
        expect(error['message']).not.toContain('my private words');
      }
      expect(textOf(frames)).toBe(text);
      const complete = frames.find(({ type, data }) => type === 'ai_response' && data['isComplete']);
      if (rest.status === 'completed') {
        expect(complete?.data['finishReason']).toBe(rest.finishReason ?? 'stop');
        expect(complete?.data['accumulated']).toBe(text);
      }
      expect(standIn.requests.length - before).toBe(requests);
      const { messages } = (await alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
      expect(messages[1].content).toBe(text);
      expect(await ledgerRows(server.connectionString, turnId)).toMatchObject([
        { provider, outcome: rest.outcome, retries: requests - 1, error_code: code ?? null },
      ]);
    });
  },
);
