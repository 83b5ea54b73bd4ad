import type { ProviderDescriptor } from '../provider-descriptor.js';

/** An Ollama server. */
export const ollama: ProviderDescriptor = {
  reach: ({ OLLAMA_URL: url }) => ({ url }),
  load: async ({ url, ...settings }) => {
    const { ollamaProvider } = await import('./ollama-model.js');
    // Without an address, a key can only be that of Ollama's hosted service.
    return ollamaProvider({ ...settings, url: url ?? 'https://ollama.com' });
  },
};
