export { ModelDirectory, type ModelChoice, type ResolvedModel } from './app/model-directory.js';
export { LlmModule } from './llm.module.js';
export type { LanguageModel, ModelMessage, ModelPart, ModelRequest } from './ports/language-model.js';
