export { AskModel } from './app/ask-model.js';
export { EmbedTexts } from './app/embed-texts.js';
export { ModelCatalogue } from './app/model-catalogue.js';
export { probeProviders } from './app/probe-providers.js';
export { ModelDirectory, type ModelChoice } from './app/model-directory.js';
export type { Answered, Question } from './app/question.js';
export { underOwnIds } from './app/own-metadata.js';
export { configuredModels } from './configured-models.js';
export { LlmModule } from './llm.module.js';
export { narrowed, ReconcileAttempts, type AttemptCause } from '../usage/index.js';
export type {
  LanguageModel,
  MessagePart,
  ModelMessage,
  ModelPart,
  ModelRequest,
  ResponseFormat,
  ToolChoice,
  ToolDefinition,
} from './ports/language-model.js';
