import type { Config, ProviderSettings } from '../platform/config/index.js';
import type { LanguageModel } from './ports/language-model.js';
import { BY_WIRE, PROVIDERS, type EndpointSettings } from './providers/index.js';

/**
 * The configured providers, the preferred one first. A built-in one is configured when its key or its address is set;
 * `local` always is.
 */
export async function configuredModels(config: Config): Promise<readonly LanguageModel[]> {
  const builtIn = Object.entries(PROVIDERS).flatMap(([name, { reach, load }]) => {
    const said = config.providers.find((provider) => provider.name === name);
    const settings = settingsFor(config, said, reach(config));
    return settings.apiKey === undefined && settings.url === undefined ? [] : [load(settings, config)];
  });
  const further = config.providers.flatMap((said) => {
    if (said.type === undefined) return [];
    return [BY_WIRE[said.type]({ ...settingsFor(config, said), name: said.name }, config)];
  });
  const { LocalModel } = await import('./providers/local/local-model.js');
  return [...(await Promise.all([...builtIn, ...further])), new LocalModel()];
}

/** The environment takes precedence over the file. */
function settingsFor(
  config: Config,
  said: ProviderSettings | undefined,
  { apiKey, url }: { readonly apiKey?: string | undefined; readonly url?: string | undefined } = {},
): EndpointSettings {
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
