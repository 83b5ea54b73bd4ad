import { Global, Module } from '@nestjs/common';
import { OWNED_THREAD_SQL, type OwnedThreadSql } from './platform/auth/index.js';
import { COMPACTION_SQL, logSql, type CompactionSql } from './log/index.js';
import { documentSql } from './rag/index.js';
import { JOINED_TABLES_SQL, threadSql, type JoinedTablesSql } from './thread/index.js';
import { ACCEPTED_ALONG_SQL, turnSql, type AcceptedAlongSql } from './turn/index.js';
import {
  RUNNING_TURN_SQL,
  runSql,
  THREAD_WORKFLOW_SQL,
  type RunningTurnSql,
  type ThreadWorkflowSql,
  WorkflowCatalogue,
} from './workflow/index.js';

const runs = runSql.runsFrom(new WorkflowCatalogue().firstSteps());

const fragments = [
  { provide: ACCEPTED_ALONG_SQL, useValue: { documents: documentSql, runs } satisfies AcceptedAlongSql },
  { provide: COMPACTION_SQL, useValue: turnSql satisfies CompactionSql },
  {
    provide: JOINED_TABLES_SQL,
    useValue: { turns: turnSql, documents: documentSql } satisfies JoinedTablesSql,
  },
  { provide: OWNED_THREAD_SQL, useValue: threadSql.ownedThread satisfies OwnedThreadSql },
  { provide: THREAD_WORKFLOW_SQL, useValue: threadSql.pinnedThread satisfies ThreadWorkflowSql },
  { provide: RUNNING_TURN_SQL, useValue: { ...turnSql, heldBy: logSql.heldBy } satisfies RunningTurnSql },
];

/** Binds the SQL fragments that modules use of tables they do not own to those of the tables' owners. */
@Global()
@Module({ providers: fragments, exports: fragments })
export class SqlFragmentsModule {}
