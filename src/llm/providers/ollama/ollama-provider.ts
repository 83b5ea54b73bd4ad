import type { ProviderDescriptor } from '../provider-descriptor.js';

/** An Ollama server. */
export const ollama: ProviderDescriptor = {
  reach: ({ OLLAMA_URL: url }) => ({ url }),
  load: async ({ url, ...settings }) => {
    const { ollamaProvider } = await import('./ollama-model.js');
    // A key alone means the one place where Ollama takes keys.
    return ollamaProvider({ ...settings, url: url ?? 'https://ollama.com' });
  },
};
