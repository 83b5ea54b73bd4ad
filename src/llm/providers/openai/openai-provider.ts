import type { LanguageModel } from '../../ports/language-model.js';
import { OpenAiModel } from './openai-model.js';
import { openAiProfile, type OpenAiSettings } from './openai-profile.js';

/** OpenAI, or the server that `url` names in its place. */
export function openAiProvider(settings: OpenAiSettings): LanguageModel {
  return new OpenAiModel(settings, openAiProfile(settings));
}

/** Any further endpoint that speaks OpenAI's chat completions: what is known of its models is what its operator says. */
export function compatibleProvider(
  settings: OpenAiSettings & { readonly name: string; readonly url: string },
): LanguageModel {
  const defaultModel = settings.defaultModel ?? settings.models?.[0]?.id;
  return openAiProvider({ ...settings, defaultModel });
}
