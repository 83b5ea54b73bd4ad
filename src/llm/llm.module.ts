import { Module } from '@nestjs/common';
import { CONFIG } from '../platform/config/index.js';
import { ATTEMPT_ESTIMATOR, ReconcileAttempts, UsageModule } from '../usage/index.js';
import { GptTokenCounter } from './adapters/gpt-token-counter.js';
import { PostgresSelectedProvider } from './adapters/postgres-selected-provider.js';
import { AskModel } from './app/ask-model.js';
import { CircuitBreakers } from './app/circuit-breakers.js';
import { CurrentProvider } from './app/current-provider.js';
import { EmbedTexts } from './app/embed-texts.js';
import { EstimateAttempt } from './app/estimate-attempt.js';
import { FirstTokenTimes } from './app/first-token-times.js';
import { KnownBreakers } from './app/known-breakers.js';
import { ListProviders } from './app/list-providers.js';
import { LlmMetrics } from './app/llm-metrics.js';
import { MakeAttempt } from './app/make-attempt.js';
import { ModelCatalogue } from './app/model-catalogue.js';
import { ModelDirectory } from './app/model-directory.js';
import { PlanRoute } from './app/plan-route.js';
import { BREAKER_STATES, ProviderHealth } from './app/provider-health.js';
import { ProviderLimits } from './app/provider-limits.js';
import { SelectProvider } from './app/select-provider.js';
import { RecordAttempt } from './app/record-attempt.js';
import { configuredModels } from './configured-models.js';
import { ProvidersController } from './http/providers.controller.js';
import { LANGUAGE_MODELS } from './ports/language-model.js';
import { SELECTED_PROVIDER_STORE } from './ports/selected-provider.js';
import { TOKEN_COUNTER } from './ports/token-counter.js';

/** The configured providers, and the one way to ask them. */
@Module({
  imports: [UsageModule],
  controllers: [ProvidersController],
  providers: [
    { provide: LANGUAGE_MODELS, inject: [CONFIG], useFactory: configuredModels },
    { provide: SELECTED_PROVIDER_STORE, useClass: PostgresSelectedProvider },
    { provide: TOKEN_COUNTER, useClass: GptTokenCounter },
    { provide: BREAKER_STATES, useExisting: KnownBreakers },
    { provide: ATTEMPT_ESTIMATOR, useClass: EstimateAttempt },
    AskModel,
    CircuitBreakers,
    CurrentProvider,
    EmbedTexts,
    FirstTokenTimes,
    KnownBreakers,
    ListProviders,
    LlmMetrics,
    MakeAttempt,
    ModelCatalogue,
    ModelDirectory,
    PlanRoute,
    ProviderHealth,
    ProviderLimits,
    ReconcileAttempts,
    SelectProvider,
    RecordAttempt,
  ],
  exports: [AskModel, EmbedTexts, ModelCatalogue, ModelDirectory, ReconcileAttempts],
})
export class LlmModule {
  constructor(metrics: LlmMetrics, directory: ModelDirectory, breakers: KnownBreakers) {
    metrics.watchBreakers(() =>
      directory
        .configured()
        .flatMap((provider) => breakers.states(provider).map((breaker) => ({ provider, ...breaker }))),
    );
  }
}
