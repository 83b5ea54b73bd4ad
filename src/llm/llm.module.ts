import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../platform/config/index.js';
import { ModelDirectory } from './app/model-directory.js';
import { LANGUAGE_MODELS, type LanguageModel } from './ports/language-model.js';
import { LocalModel } from './providers/local/local-model.js';
import { OpenAiModel } from './providers/openai/openai-model.js';

/** The providers the configuration names, behind one {@link ModelDirectory}. Needs the global configuration. */
@Module({
  providers: [{ provide: LANGUAGE_MODELS, inject: [CONFIG], useFactory: configuredModels }, ModelDirectory],
  exports: [ModelDirectory],
})
export class LlmModule {}

function configuredModels(config: Config): readonly LanguageModel[] {
  const local = new LocalModel();
  const apiKey = config.OPENAI_API_KEY?.trim();
  const url = config.OPENAI_URL ?? config.OPENAI_API_URL;
  if (apiKey === undefined && url === undefined) return [local];
  const openAi = new OpenAiModel({
    apiKey,
    url,
    firstTokenTimeoutMs: config.LLM_FIRST_TOKEN_TIMEOUT_MS,
    idleTimeoutMs: config.LLM_IDLE_TIMEOUT_MS,
  });
  return [openAi, local];
}
