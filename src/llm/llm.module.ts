import { Module } from '@nestjs/common';
import { CONFIG } from '../platform/config/index.js';
import { Metrics } from '../platform/telemetry/index.js';
import { GptTokenCounter } from './adapters/gpt-token-counter.js';
import { PostgresAttemptsUnderWay } from './adapters/postgres-attempts-under-way.js';
import { PostgresSelectedProvider } from './adapters/postgres-selected-provider.js';
import { PostgresUsageLedger } from './adapters/postgres-usage-ledger.js';
import { PostgresUsageReport } from './adapters/postgres-usage-report.js';
import { AskModel } from './app/ask-model.js';
import { CircuitBreakers } from './app/circuit-breakers.js';
import { CloseLostAttempts } from './app/close-lost-attempts.js';
import { CurrentProvider } from './app/current-provider.js';
import { EmbedTexts } from './app/embed-texts.js';
import { FirstTokenTimes } from './app/first-token-times.js';
import { KnownBreakers } from './app/known-breakers.js';
import { ListProviders } from './app/list-providers.js';
import { MakeAttempt } from './app/make-attempt.js';
import { ModelCatalogue } from './app/model-catalogue.js';
import { ModelDirectory } from './app/model-directory.js';
import { PlanRoute } from './app/plan-route.js';
import { BREAKER_STATES, ProviderHealth } from './app/provider-health.js';
import { ProviderLimits } from './app/provider-limits.js';
import { ReportUsage } from './app/report-usage.js';
import { SelectProvider } from './app/select-provider.js';
import { SettleAttempt } from './app/settle-attempt.js';
import { configuredModels } from './configured-models.js';
import { ProvidersController } from './http/providers.controller.js';
import { UsageController } from './http/usage.controller.js';
import { ATTEMPTS_UNDER_WAY } from './ports/attempts-under-way.js';
import { LANGUAGE_MODELS } from './ports/language-model.js';
import { SELECTED_PROVIDER_STORE } from './ports/selected-provider.js';
import { TOKEN_COUNTER } from './ports/token-counter.js';
import { USAGE_LEDGER } from './ports/usage-ledger.js';
import { USAGE_REPORT } from './ports/usage-report.js';

/** The providers the configuration names, and the one way to ask them. */
@Module({
  controllers: [ProvidersController, UsageController],
  providers: [
    { provide: LANGUAGE_MODELS, inject: [CONFIG], useFactory: configuredModels },
    { provide: SELECTED_PROVIDER_STORE, useClass: PostgresSelectedProvider },
    { provide: TOKEN_COUNTER, useClass: GptTokenCounter },
    { provide: BREAKER_STATES, useExisting: KnownBreakers },
    { provide: USAGE_REPORT, useClass: PostgresUsageReport },
    { provide: USAGE_LEDGER, useClass: PostgresUsageLedger },
    { provide: ATTEMPTS_UNDER_WAY, useClass: PostgresAttemptsUnderWay },
    AskModel,
    CircuitBreakers,
    CloseLostAttempts,
    CurrentProvider,
    EmbedTexts,
    FirstTokenTimes,
    KnownBreakers,
    ListProviders,
    MakeAttempt,
    ModelCatalogue,
    ModelDirectory,
    PlanRoute,
    ProviderHealth,
    ProviderLimits,
    ReportUsage,
    SelectProvider,
    SettleAttempt,
  ],
  exports: [AskModel, CloseLostAttempts, EmbedTexts, ModelCatalogue, ModelDirectory],
})
export class LlmModule {
  constructor(metrics: Metrics, directory: ModelDirectory, breakers: KnownBreakers) {
    metrics.watchBreakers(() =>
      directory
        .configured()
        .flatMap((provider) => breakers.states(provider).map((breaker) => ({ provider, ...breaker }))),
    );
  }
}
