import type { Config } from '../../../platform/config/index.js';
import type { EndpointSettings, LoadModel, ProviderDescriptor } from '../provider-descriptor.js';
import { compatibleProfile, openAiProfile, type OpenAiProfile } from './openai-profile.js';

/** OpenAI, or the server at the configured address. */
export const openAi: ProviderDescriptor = {
  reach: ({ OPENAI_API_KEY, OPENAI_URL, OPENAI_API_URL }) => ({
    apiKey: OPENAI_API_KEY,
    url: OPENAI_URL ?? OPENAI_API_URL,
  }),
  load: onOpenAiWire(openAiProfile),
};

/** Any other endpoint with OpenAI's chat completions API. */
export const loadCompatible: LoadModel = onOpenAiWire(({ url = '', ...settings }) =>
  compatibleProfile({ ...settings, url }),
);

/** Creates the client of an endpoint on OpenAI's wire: the profile has the differences. */
export function onOpenAiWire(
  profileOf: (settings: EndpointSettings, config: Config) => OpenAiProfile,
): LoadModel {
  return async (settings, config) => {
    const { OpenAiModel } = await import('./openai-model.js');
    return new OpenAiModel(settings, profileOf(settings, config));
  };
}
