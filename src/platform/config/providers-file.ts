import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { NAMED_POLICIES } from './sections/llm.js';
import { BUILT_IN_PROVIDERS, PROVIDER_ALIASES, PROVIDER_WIRES } from './sections/providers.js';

const amount = z.number().nonnegative().max(1_000_000);
const count = z.number().int().positive().max(1_000_000_000);
const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
  error: 'is the name of an environment variable, not the secret itself',
});

const modelSchema = z.strictObject({
  isEmbedding: z.boolean().optional(),
  contextWindow: count.optional(),
  capabilities: z
    .strictObject({
      streaming: z.boolean(),
      tools: z.boolean(),
      json: z.boolean(),
      vision: z.boolean(),
      reasoning: z.boolean(),
    })
    .partial()
    .optional(),
  /** US dollars per million tokens. */
  price: z.strictObject({ input: amount, output: amount, cachedInput: amount.optional() }).optional(),
});

const providerSchema = z.strictObject({
  /** The wire it speaks; needed for a provider that is not built in. */
  type: z.enum(PROVIDER_WIRES).optional(),
  url: z.url({ protocol: /^https?$/, error: 'is an http:// or https:// address' }).optional(),
  apiKeyEnv: environmentName.optional(),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(1_000)).optional(),
  defaultModel: z.string().min(1).max(200).optional(),
  models: z.record(z.string().min(1).max(200), modelSchema).optional(),
  limits: z
    .strictObject({ concurrency: count, requestsPerMinute: count, tokensPerMinute: count })
    .partial()
    .optional(),
});

const fileSchema = z.strictObject({
  providers: z.record(
    z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, { error: 'is a name like my-provider' }),
    providerSchema,
  ),
});

/** The operator's settings of one provider, built in or not, with its resolved key. */
export type ProviderSettings = Omit<z.output<typeof providerSchema>, 'apiKeyEnv'> & {
  readonly name: string;
  readonly apiKey: string | undefined;
};

/** Names with another meaning in place of a provider's. */
const TAKEN: ReadonlySet<string> = new Set([...PROVIDER_ALIASES.keys(), ...NAMED_POLICIES]);

/** Reads and validates the file; each mistake is a sentence in `problems`, never with a secret in it. */
export function readProvidersFile(
  path: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly providers: readonly ProviderSettings[]; readonly problems: readonly string[] } {
  if (path === undefined) return { providers: [], problems: [] };
  const failed = (...problems: string[]) => ({
    providers: [],
    problems: problems.map((problem) => `LLM_PROVIDERS_FILE: ${problem}`),
  });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code !== undefined;
    return failed(isMissing ? 'cannot be read' : 'is not JSON');
  }
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success) {
    return failed(...parsed.error.issues.map(({ path: where, message }) => `${where.join('.')}: ${message}`));
  }
  const entries = Object.entries(parsed.data.providers);
  const problems = entries.flatMap(([name, provider]) => mistakes(name, provider, environment));
  if (problems.length > 0) return failed(...problems);
  return {
    problems: [],
    providers: entries.map(([name, { apiKeyEnv, ...rest }]) => ({
      name,
      ...rest,
      apiKey: apiKeyEnv === undefined ? undefined : environment[apiKeyEnv],
    })),
  };
}

function mistakes(
  name: string,
  { type, url, apiKeyEnv }: z.output<typeof providerSchema>,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const problems: string[] = [];
  const say = (problem: string) => problems.push(`providers.${name}: ${problem}`);
  if (TAKEN.has(name)) say('has a name that means something else already');
  if (Object.hasOwn(BUILT_IN_PROVIDERS, name)) {
    if (type !== undefined) say('is built in and has its type already; leave `type` out');
  } else if (type === undefined || url === undefined) say('needs `type` and `url`');
  if (apiKeyEnv !== undefined && environment[apiKeyEnv] === undefined) say(`${apiKeyEnv} is not set`);
  return problems;
}
