import { Global, Module } from '@nestjs/common';
import { OWNED_THREAD_SQL, type OwnedThreadSql } from './platform/auth/index.js';
import { COMPACTION_SQL, logSql, type CompactionSql } from './log/index.js';
import { documentSql } from './rag/index.js';
import { JOINED_TABLES_SQL, threadSql, type JoinedTablesSql } from './thread/index.js';
import {
  ACCEPTED_ALONG_SQL,
  ENDED_ALONG,
  TOLD_ALONG,
  turnSql,
  type AcceptedAlongSql,
  type EndedAlong,
  type ToldAlong,
} from './turn/index.js';
import { ledgerSql, recordedJson, USAGE_LEDGER, UsageModule, type UsageLedger } from './usage/index.js';
import { Outbox, outboxSql, WebhookModule } from './webhook/index.js';
import {
  builtInFirstSteps,
  RUNNING_TURN_SQL,
  runSql,
  THREAD_WORKFLOW_SQL,
  type RunningTurnSql,
  type ThreadWorkflowSql,
} from './workflow/index.js';

const runs = runSql.runsFrom(builtInFirstSteps());

const fragments = [
  { provide: ACCEPTED_ALONG_SQL, useValue: { documents: documentSql, runs } satisfies AcceptedAlongSql },
  { provide: ENDED_ALONG, inject: [USAGE_LEDGER], useFactory: endedAlongOf },
  { provide: TOLD_ALONG, inject: [Outbox], useFactory: toldAlongOf },
  { provide: COMPACTION_SQL, useValue: turnSql satisfies CompactionSql },
  {
    provide: JOINED_TABLES_SQL,
    useValue: { turns: turnSql, documents: documentSql } satisfies JoinedTablesSql,
  },
  { provide: OWNED_THREAD_SQL, useValue: threadSql.ownedThread satisfies OwnedThreadSql },
  { provide: THREAD_WORKFLOW_SQL, useValue: threadSql.pinnedThread satisfies ThreadWorkflowSql },
  { provide: RUNNING_TURN_SQL, useValue: { ...turnSql, heldBy: logSql.heldBy } satisfies RunningTurnSql },
];

/**
 * Binds the SQL fragments that modules use of tables they do not own to those of the tables' owners, and what is stored by them.
 */
@Global()
@Module({ imports: [UsageModule, WebhookModule], providers: fragments, exports: fragments })
export class SqlFragmentsModule {}

/** A turn ends with what the ledger holds for it. */
export function endedAlongOf(ledger: Pick<UsageLedger, 'takeOfTurn'>): EndedAlong {
  return {
    recordAttempt: ledgerSql.recordAttempt,
    take(turnId) {
      const taken = ledger.takeOfTurn(turnId);
      if (taken === undefined) return undefined;
      return {
        row: recordedJson(taken.attempt),
        stored: (wasLost) => taken.stored(wasLost ? 'corrected' : 'stored'),
        giveBack: () => taken.giveBack(),
      };
    },
  };
}

/** Other systems are told of turns by way of the outbox. */
export function toldAlongOf(outbox: Pick<Outbox, 'isUsed' | 'rowsOf' | 'stored'>): ToldAlong {
  return {
    isUsed: outbox.isUsed,
    writeDeliveries: outboxSql.writeDeliveries,
    rowsOf: (happenings) => outbox.rowsOf(happenings),
    stored: () => outbox.stored(),
  };
}
