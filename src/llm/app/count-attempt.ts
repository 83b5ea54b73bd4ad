import type { Metrics } from '../../platform/telemetry/index.js';
import type { Fault } from '../core/model-error.js';
import type { AttemptRecord } from '../ports/usage-ledger.js';
import { OTHER_MODEL } from './known-breakers.js';
import type { ModelCatalogue } from './model-catalogue.js';

/** Takes an attempt down in the metrics; `fault` counts where it has failed. */
export function countAttempt(
  metrics: Metrics,
  catalogue: Pick<ModelCatalogue, 'knows'>,
  record: AttemptRecord,
  fault: Fault,
): void {
  metrics.llm.attempt({
    ...record,
    // Other names are what clients typed: there is no end to them, and they are nobody else's business.
    model: catalogue.knows(record.provider, record.model) ? record.model : OTHER_MODEL,
    ...(record.errorCode === null ? {} : { fault }),
  });
}
