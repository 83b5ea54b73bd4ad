import { z } from 'zod';
import { isProxyNetwork, isVaried } from './checks.js';
import { postgresAddress } from './postgres-address.js';
import { bound, duration, flag, list, openAiBase, rate, webAddress, whole } from './value-types.js';

const shape = {
  NODE_ENV: z.string().default('development').describe('`production` turns every development default off'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  PORT: whole(0, 65_535)
    .default(3000)
    .describe(
      'port to listen on; 0 takes a free one, and so does a start outside of production that finds the default taken',
    ),
  ROLE: z
    .enum(['all', 'api', 'worker'], { error: 'is all, api or worker' })
    .default('all')
    .describe('what this process does: serve and run turns, only serve, only run turns'),
  DATA_DIR: z
    .string()
    .default('./data')
    .describe('where the embedded database lives when DATABASE_URL is unset'),
  DATABASE_URL: postgresAddress.optional().describe('Postgres to use instead of the embedded one'),
  DATABASE_DIRECT_URL: postgresAddress
    .optional()
    .describe('the same database past a pooler in transaction mode; docs/postgres.md'),
  DATABASE_POOL_SIZE: whole(2, 200).default(10).describe('connections of this process for requests'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'is a redis:// address' })
    .regex(/^rediss?:\/\/[^/]+(\/\d{0,4})?(\?.*)?$/, {
      error: 'is a redis:// address; what follows the host is the number of a database',
    })
    .optional()
    .describe('Redis for the queue and the live log; unset: Postgres alone'),

  AUTH_DEV: flag
    .optional()
    .describe(
      'POST /auth/dev-token exists, for this machine; on by itself only on loopback, with no other authentication configured, outside production',
    ),
  JWT_SECRET: z
    .string()
    .refine((value) => Buffer.byteLength(value) >= 32, { error: 'needs at least 32 bytes' })
    .refine(isVaried, { error: 'is a few characters over and over; make one with `openssl rand -base64 32`' })
    .optional()
    .describe('key of HS256 tokens'),
  JWT_JWKS_URI: webAddress
    .optional()
    .describe('where the keys of RS256, ES256 and EdDSA tokens are published'),
  JWT_ISSUER: z.string().optional().describe('`iss` a token must have'),
  JWT_AUDIENCE: z.string().optional().describe('`aud` a token must have'),
  GOOGLE_CLIENT_ID: z.string().optional().describe('takes Google ID tokens made for this client'),
  GOOGLE_JWKS_URI: webAddress
    .default('https://www.googleapis.com/oauth2/v3/certs')
    .describe("where Google's keys are published"),
  ALLOWED_EMAILS: list
    .optional()
    .describe('with Google tokens: the verified e-mail addresses let in, comma-separated'),

  AUTH_PRIMARY_ISSUER: z
    .enum(['jwt', 'google'], { error: 'is jwt or google' })
    .optional()
    .describe(
      'with JWT_… and GOOGLE_CLIENT_ID both set: whose users keep their bare `sub` as id; the ids of the others begin with their issuer; unset: jwt',
    ),

  RATE_LIMIT: rate.prefault('120/minute').describe('requests per user, or off'),
  RATE_LIMIT_IP: rate
    .optional()
    .describe('requests per address; unset: ten times RATE_LIMIT, and off with it'),
  MAX_STREAMS_PER_USER: whole(1, 100_000).default(100).describe('open event streams per user'),
  MAX_CONCURRENT_TURNS: whole(1, 100_000)
    .default(1000)
    .describe('turns this process runs at once; more wait in the queue, those without a thread for a moment'),
  MAX_CONCURRENT_TURNS_PER_USER: whole(1, 100_000)
    .optional()
    .describe('of those, one user’s at most; unset: a share that shrinks as others come'),
  MAX_CONCURRENT_TURNS_PER_ORG: whole(1, 100_000)
    .optional()
    .describe('of those, one organisation’s at most; unset: such a share as well'),
  MAX_QUEUED_TURNS: whole(0, 1_000_000)
    .default(10_000)
    .describe(
      'turns that may wait, in all processes together; of one thread 50 at most, of one user some four fifths',
    ),
  TURN_MAX_ATTEMPTS: whole(1, 20)
    .default(3)
    .describe('how often a turn is begun, when processes die over it, before it ends interrupted'),
  TURN_LEASE: duration(1_000, 60_000)
    .prefault('8s')
    .describe(
      'how long a turn stays with a process that gives no sign of life; others find it within a quarter more',
    ),
  EVENT_RETENTION: duration(0, 3_650 * 86_400_000)
    .prefault('7d')
    .describe(
      'how long the pieces of an answer are kept one by one after its turn has ended, until they become one; 0s: some seconds at most',
    ),
  STREAM_STALL_TIMEOUT: duration(100, 86_400_000)
    .prefault('60s')
    .describe('how long a stream may take nothing of what it is sent before it is closed'),
  MASK_ANSWERS_OF_DELETED_DOCUMENTS: flag
    .prefault('false')
    .describe('answers that were drawn from a document are withheld once it is deleted; else they stay'),
  BODY_LIMIT: whole(1_024, 104_857_600).default(1_048_576).describe('bytes of a request body'),
  MAX_BODY_BYTES_IN_FLIGHT: whole(1_048_576, 17_179_869_184)
    .default(134_217_728)
    .describe(
      'bytes of request bodies that a process holds at once, a quarter of them for one user; others wait',
    ),
  MAX_DOCUMENT_BYTES: whole(1_024, 104_857_600)
    .default(5_242_880)
    .describe('bytes of a document put in for retrieval'),
  MAX_DOCUMENTS_PER_USER: bound(0).prefault('10000').describe('documents of one user, or off'),
  MAX_DOCUMENTS_PER_ORG: bound(0).prefault('100000').describe('documents of one org, or off'),
  MAX_DOCUMENT_BYTES_PER_USER: bound(0)
    .prefault('1000000000')
    .describe('bytes of all documents of one user, or off'),
  MAX_DOCUMENT_BYTES_PER_ORG: bound(0)
    .prefault('10000000000')
    .describe('bytes of all documents of one org, or off'),
  MAX_QUEUED_DOCUMENTS: bound(1)
    .prefault('1000')
    .describe(
      'documents that may wait to be taken in, in all processes together; a quarter of them of one user',
    ),
  MAX_QUEUED_DOCUMENT_BYTES: bound(1)
    .prefault('1000000000')
    .describe('bytes of the documents that may wait to be taken in; a quarter of them of one user'),
  MAX_ANSWER_CHARS: whole(1_000, 50_000_000)
    .default(2_000_000)
    .describe('characters of one answer, then it is ended'),
  CORS_ORIGINS: list
    .optional()
    .describe('origins allowed to call from a browser, comma-separated; unset: none'),
  TRUST_PROXY: list
    .refine((networks) => networks.length > 0 && networks.every(isProxyNetwork), {
      error:
        'is a list of addresses or networks of proxies, such as 127.0.0.1 or 10.0.0.0/8; nobody else is believed',
    })
    .optional()
    .describe('addresses or networks of proxies whose X-Forwarded-For is believed, comma-separated'),
  SHUTDOWN_GRACE_MS: whole(0, 600_000)
    .default(8_000)
    .describe('how long running turns may go on after SIGTERM'),
  SHUTDOWN: z
    .enum(['leave', 'interrupt'], { error: 'is leave or interrupt' })
    .default('leave')
    .describe(
      'what becomes of the turns that run on after that, where no other process is there: leave them for the next start, or interrupt them',
    ),
  STOP_WITH_PARENT: z
    .string()
    .regex(/^(true|false|[1-9]\d{0,9})$/, { error: 'is true, false or the number of a process' })
    .optional()
    .describe(
      'a stop when the process that started this one (its number, or true) ends; unset: when npm did, and ran nothing else',
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'is fatal, error, warn, info, debug, trace or silent',
    })
    .default('info')
    .describe('least severe level that is logged'),

  DEFAULT_PROVIDER: z.string().optional().describe('provider when a request names none'),
  DEFAULT_MODEL: z.string().optional().describe('model when a request names none'),
  LLM_FALLBACKS: list
    .optional()
    .describe('provider or provider/model, tried in order after the one asked for'),
  LLM_FIRST_TOKEN_TIMEOUT_MS: whole(100, 600_000)
    .default(60_000)
    .describe('longest wait for an answer to begin'),
  LLM_IDLE_TIMEOUT_MS: whole(100, 600_000).default(30_000).describe('longest pause inside an answer'),
  LLM_KEEPALIVE_TIMEOUT_MS: whole(100, 3_600_000)
    .default(300_000)
    .describe('how long signs of life alone (comments, pings) keep an answer open past that pause'),
  LLM_CONNECT_TIMEOUT_MS: whole(100, 600_000)
    .default(10_000)
    .describe('longest wait for a connection to a provider'),
  LLM_TOTAL_TIMEOUT_MS: whole(1_000, 86_400_000)
    .default(900_000)
    .describe('longest time for one answer, all attempts together'),
  LLM_MAX_RETRIES: whole(0, 20)
    .default(2)
    .describe('requests repeated at one provider before the first token'),
  LLM_MAX_RETRY_WAIT_MS: whole(0, 600_000)
    .default(10_000)
    .describe('longest pause before a repeated request; who is told to wait longer goes elsewhere'),
  LLM_BREAKER_THRESHOLD: whole(1, 1_000)
    .default(5)
    .describe('failures in a row after which a model of a provider is left alone'),
  LLM_BREAKER_COOLDOWN_MS: whole(100, 3_600_000)
    .default(30_000)
    .describe('how long it is left alone before one request probes it'),
  LLM_QUEUE_TIMEOUT_MS: whole(0, 600_000)
    .default(10_000)
    .describe(
      "longest wait of an answer without a thread for its turn, and of a request for room within a provider's limits",
    ),
  LLM_POLICY: z
    .enum(['default', 'cheapest', 'fastest'], { error: 'is default, cheapest or fastest' })
    .default('default')
    .describe('how a model is chosen when a request names none'),
  LLM_PROVIDERS_FILE: z
    .string()
    .optional()
    .describe('JSON file of further providers, and of models, prices and limits; docs/providers.md'),
  LLM_MODELS_TTL_MS: whole(1_000, 86_400_000)
    .default(600_000)
    .describe("how long a provider's list of models is kept"),
  MAX_TOOL_ITERATIONS: whole(1, 100).default(5).describe('rounds of tool calls in one turn'),
  OPENAI_API_KEY: z.string().optional().describe('key of the `openai` provider'),
  OPENAI_URL: openAiBase.optional().describe('any OpenAI-compatible endpoint; its key may be unset'),
  OPENAI_API_URL: openAiBase.optional().describe('another name of OPENAI_URL'),
  ANTHROPIC_API_KEY: z.string().optional().describe('key of the `claude` provider'),
  ANTHROPIC_API_VERSION: z.string().default('2023-06-01').describe('version header of the `claude` provider'),
  ANTHROPIC_URL: webAddress.optional().describe('endpoint of the `claude` provider'),
  GROQ_API_KEY: z.string().optional().describe('key of the `groq` provider'),
  GROQ_URL: webAddress.optional().describe('endpoint of the `groq` provider'),
  OPENROUTER_API_KEY: z.string().optional().describe('key of the `openrouter` provider'),
  OPENROUTER_URL: webAddress.optional().describe('endpoint of the `openrouter` provider'),
  OPENROUTER_REFERER: z.string().optional().describe('HTTP-Referer header of the `openrouter` provider'),
  OPENROUTER_TITLE: z.string().optional().describe('X-Title header of the `openrouter` provider'),
  OLLAMA_URL: webAddress.optional().describe('endpoint of the `ollama` provider'),

  METRICS: flag.prefault('true').describe('GET /metrics for Prometheus, without a token'),
  OTEL_EXPORTER_OTLP_ENDPOINT: webAddress
    .optional()
    .describe('where OpenTelemetry traces are sent (OTLP over HTTP); unset: nowhere'),
  OTEL_SERVICE_NAME: z.string().default('threadline').describe('name of this service in traces'),
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: flag
    .prefault('false')
    .describe('puts prompts and answers into traces'),
} as const;

/** Written with a unit, kept in milliseconds. */
const DURATIONS: ReadonlySet<string> = new Set<keyof typeof shape>([
  'TURN_LEASE',
  'EVENT_RETENTION',
  'STREAM_STALL_TIMEOUT',
]);

/** Every variable the server reads, with its bounds, default and meaning; the only list of them there is. */
export const environmentSchema = z.object(shape);
export type Environment = z.output<typeof environmentSchema>;

/** The variables' names, one line of meaning each, and what is not shown as it is kept: `.env.example` is checked against it. */
export const ENVIRONMENT_VARIABLES: readonly {
  readonly name: string;
  readonly meaning: string;
  readonly isDuration: boolean;
}[] = Object.entries(shape).map(([name, schema]) => ({
  name,
  meaning: schema.description ?? '',
  isDuration: DURATIONS.has(name),
}));
