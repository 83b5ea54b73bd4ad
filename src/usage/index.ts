export * as ledgerSql from './adapters/ledger-sql.js';
export { recordedJson } from './adapters/usage-values.js';
export { ReconcileAttempts } from './app/reconcile-attempts.js';
export { UsageMetrics } from './app/usage-metrics.js';
export { narrowed, type AttemptCause } from './core/attempt-cause.js';
export { ModelLabels, OTHER_MODEL } from './core/model-labels.js';
export { ATTEMPT_ESTIMATOR, type AttemptEstimate, type AttemptEstimator } from './ports/attempt-estimator.js';
export {
  USAGE_LEDGER,
  type AttemptOutcome,
  type AttemptRecord,
  type BegunAttempt,
  type HowStored,
  type TakenAttempt,
  type UsageLedger,
} from './ports/usage-ledger.js';
export { USAGE_OF_USER, type UsageOfUser } from './ports/usage-of-user.js';
export { UsageModule } from './usage.module.js';
