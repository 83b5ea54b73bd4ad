import { Module } from '@nestjs/common';
import { PostgresInFlightAttempts } from './adapters/postgres-in-flight-attempts.js';
import { PostgresUsageLedger } from './adapters/postgres-usage-ledger.js';
import { PostgresUsageOfUser } from './adapters/postgres-usage-of-user.js';
import { PostgresUsageReport } from './adapters/postgres-usage-report.js';
import { ReportUsage } from './app/report-usage.js';
import { UsageMetrics } from './app/usage-metrics.js';
import { ModelLabels } from './core/model-labels.js';
import { UsageController } from './http/usage.controller.js';
import { IN_FLIGHT_ATTEMPTS } from './ports/in-flight-attempts.js';
import { USAGE_LEDGER } from './ports/usage-ledger.js';
import { USAGE_OF_USER } from './ports/usage-of-user.js';
import { USAGE_REPORT } from './ports/usage-report.js';

/**
 * The ledger of model calls, and its reports. `ReconcileAttempts` is provided by the room that asks models, with the
 * estimator it needs.
 */
@Module({
  controllers: [UsageController],
  providers: [
    { provide: USAGE_REPORT, useClass: PostgresUsageReport },
    { provide: USAGE_LEDGER, useClass: PostgresUsageLedger },
    { provide: USAGE_OF_USER, useClass: PostgresUsageOfUser },
    { provide: IN_FLIGHT_ATTEMPTS, useClass: PostgresInFlightAttempts },
    ModelLabels,
    ReportUsage,
    UsageMetrics,
  ],
  exports: [USAGE_LEDGER, USAGE_OF_USER, IN_FLIGHT_ATTEMPTS, ModelLabels, UsageMetrics],
})
export class UsageModule {}
