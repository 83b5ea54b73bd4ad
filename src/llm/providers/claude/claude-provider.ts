import type { ProviderDescriptor } from '../provider-descriptor.js';

/** Anthropic, or a server that implements its Messages API. */
export const claude: ProviderDescriptor = {
  reach: ({ ANTHROPIC_API_KEY: apiKey, ANTHROPIC_URL: url }) => ({ apiKey, url }),
  load: async (settings, { ANTHROPIC_API_VERSION: version }) => {
    const { claudeProvider } = await import('./claude-model.js');
    return claudeProvider({ ...settings, version });
  },
};
