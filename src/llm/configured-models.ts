import type { Config, ProviderSettings } from '../platform/config/index.js';
import type { LanguageModel } from './ports/language-model.js';
import { claudeProvider } from './providers/claude/claude-model.js';
import { groqProvider } from './providers/groq/groq-provider.js';
import { LocalModel } from './providers/local/local-model.js';
import { ollamaProvider } from './providers/ollama/ollama-model.js';
import { compatibleProvider, openAiProvider } from './providers/openai/openai-provider.js';
import { openRouterProvider } from './providers/openrouter/openrouter-provider.js';

/** What every provider needs to know besides its own. */
type Common = ReturnType<typeof commonFor>;

/**
 * The providers that the configuration names, the preferred one first. One is configured when its key or its address is;
 * `local` always is.
 */
export function configuredModels(config: Config): readonly LanguageModel[] {
  const further = config.providers.filter(({ type }) => type !== undefined);
  return [...builtIn(config), ...further.map((settings) => furtherModel(config, settings)), new LocalModel()];
}

function builtIn(config: Config): readonly LanguageModel[] {
  const common = (name: string) => commonFor(config, saidOf(config, name));
  const either = (name: string, apiKey: string | undefined, url: string | undefined, make: Make) => {
    const said = saidOf(config, name);
    const reach = { apiKey: apiKey?.trim() ?? said?.apiKey, url: url ?? said?.url };
    return reach.apiKey === undefined && reach.url === undefined ? [] : [make({ ...common(name), ...reach })];
  };
  const { OPENROUTER_REFERER: referer, OPENROUTER_TITLE: title, ANTHROPIC_API_VERSION: version } = config;
  return [
    ...either('openai', config.OPENAI_API_KEY, config.OPENAI_URL ?? config.OPENAI_API_URL, openAiProvider),
    ...either('claude', config.ANTHROPIC_API_KEY, config.ANTHROPIC_URL, (settings) =>
      claudeProvider({ ...settings, version }),
    ),
    ...either('groq', config.GROQ_API_KEY, config.GROQ_URL, groqProvider),
    ...either('openrouter', config.OPENROUTER_API_KEY, config.OPENROUTER_URL, (settings) =>
      openRouterProvider({ ...settings, referer, title }),
    ),
    ...either('ollama', undefined, config.OLLAMA_URL, ({ url, ...settings }) =>
      // A key alone means the one place where Ollama takes keys.
      ollamaProvider({ ...settings, url: url ?? 'https://ollama.com' }),
    ),
  ];
}

type Make = (
  settings: Common & { readonly apiKey: string | undefined; readonly url: string | undefined },
) => LanguageModel;

function furtherModel(config: Config, said: ProviderSettings): LanguageModel {
  const settings = { ...commonFor(config, said), name: said.name, apiKey: said.apiKey, url: said.url ?? '' };
  switch (said.type) {
    case 'anthropic':
      return claudeProvider({ ...settings, version: config.ANTHROPIC_API_VERSION });
    case 'ollama':
      return ollamaProvider(settings);
    default:
      return compatibleProvider(settings);
  }
}

function saidOf(config: Config, name: string): ProviderSettings | undefined {
  return config.providers.find((provider) => provider.name === name);
}

function commonFor(config: Config, said: ProviderSettings | undefined) {
  return {
    headers: said?.headers,
    defaultModel: said?.defaultModel,
    models: Object.entries(said?.models ?? {}).map(([id, facts]) => ({ id, ...facts })),
    connectTimeoutMs: config.LLM_CONNECT_TIMEOUT_MS,
    firstTokenTimeoutMs: config.LLM_FIRST_TOKEN_TIMEOUT_MS,
    idleTimeoutMs: config.LLM_IDLE_TIMEOUT_MS,
  };
}
