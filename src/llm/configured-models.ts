import type { Config, ProviderSettings } from '../platform/config/index.js';
import type { LanguageModel } from './ports/language-model.js';

type Settings = ReturnType<typeof settingsFor>;
type Make = (settings: Settings) => Promise<LanguageModel>;

/** A provider that is built in, and what the environment says of it. */
interface BuiltIn {
  readonly name: string;
  readonly apiKey: string | undefined;
  readonly url: string | undefined;
  readonly make: Make;
}

/**
 * The providers that the configuration names, the preferred one first. One is configured when its key or its address is;
 * `local` always is. What it takes to ask one is loaded only then: the vendors' libraries are large.
 */
export async function configuredModels(config: Config): Promise<readonly LanguageModel[]> {
  const known = builtIn(config).flatMap(({ name, apiKey, url, make }) => {
    const settings = settingsFor(config, saidOf(config, name), apiKey, url);
    return settings.apiKey === undefined && settings.url === undefined ? [] : [make(settings)];
  });
  const further = config.providers
    .filter(({ type }) => type !== undefined)
    .map((said) => furtherModel(config, said));
  const { LocalModel } = await import('./providers/local/local-model.js');
  return [...(await Promise.all([...known, ...further])), new LocalModel()];
}

function builtIn(config: Config): readonly BuiltIn[] {
  const { OPENROUTER_REFERER: referer, OPENROUTER_TITLE: title } = config;
  return [
    {
      name: 'openai',
      apiKey: config.OPENAI_API_KEY,
      url: config.OPENAI_URL ?? config.OPENAI_API_URL,
      make: async (settings) =>
        (await import('./providers/openai/openai-provider.js')).openAiProvider(settings),
    },
    {
      name: 'claude',
      apiKey: config.ANTHROPIC_API_KEY,
      url: config.ANTHROPIC_URL,
      make: claude(config),
    },
    {
      name: 'groq',
      apiKey: config.GROQ_API_KEY,
      url: config.GROQ_URL,
      make: async (settings) => (await import('./providers/groq/groq-provider.js')).groqProvider(settings),
    },
    {
      name: 'openrouter',
      apiKey: config.OPENROUTER_API_KEY,
      url: config.OPENROUTER_URL,
      make: async (settings) => {
        const { openRouterProvider } = await import('./providers/openrouter/openrouter-provider.js');
        return openRouterProvider({ ...settings, referer, title });
      },
    },
    { name: 'ollama', apiKey: undefined, url: config.OLLAMA_URL, make: ollama },
  ];
}

/** One that only the file names: the same as the built-in one of its wire, under its own name. */
async function furtherModel(config: Config, said: ProviderSettings): Promise<LanguageModel> {
  const settings = { ...settingsFor(config, said, undefined, undefined), name: said.name };
  if (said.type === 'anthropic') return claude(config)(settings);
  if (said.type === 'ollama') return ollama(settings);
  const { compatibleProvider } = await import('./providers/openai/openai-provider.js');
  return compatibleProvider({ ...settings, url: settings.url ?? '' });
}

function claude({ ANTHROPIC_API_VERSION: version }: Config): Make {
  return async (settings) =>
    (await import('./providers/claude/claude-model.js')).claudeProvider({ ...settings, version });
}

async function ollama({ url, ...settings }: Settings): Promise<LanguageModel> {
  const { ollamaProvider } = await import('./providers/ollama/ollama-model.js');
  // A key alone means the one place where Ollama takes keys.
  return ollamaProvider({ ...settings, url: url ?? 'https://ollama.com' });
}

function saidOf(config: Config, name: string): ProviderSettings | undefined {
  return config.providers.find((provider) => provider.name === name);
}

/** What the environment says counts before what the file says. */
function settingsFor(
  config: Config,
  said: ProviderSettings | undefined,
  apiKey: string | undefined,
  url: string | undefined,
) {
  return {
    apiKey: apiKey?.trim() ?? said?.apiKey,
    url: url ?? said?.url,
    headers: said?.headers,
    defaultModel: said?.defaultModel,
    models: Object.entries(said?.models ?? {}).map(([id, facts]) => ({ id, ...facts })),
    connectTimeoutMs: config.LLM_CONNECT_TIMEOUT_MS,
    firstTokenTimeoutMs: config.LLM_FIRST_TOKEN_TIMEOUT_MS,
    idleTimeoutMs: config.LLM_IDLE_TIMEOUT_MS,
    keepAliveTimeoutMs: config.LLM_KEEPALIVE_TIMEOUT_MS,
  };
}
