import type pg from 'pg';
import { Database } from '../../src/platform/database/index.js';
import { pinnedThread } from '../../src/thread/adapters/thread-sql.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { PostgresWorkflowRunStore } from '../../src/workflow/adapters/postgres-workflow-run-store.js';
import { describeAcceptedAlongSql } from '../contracts/accepted-along-sql.contract.js';
import { ALONG, NO_ATTEMPTS, RUNNING } from '../support/foreign-sql.js';
import { tellThread } from '../support/logged-turns.js';
import { withFreshPool } from '../support/pools.js';
import { ragOn } from '../support/rag.js';
import { LEASES, newTurn, NO_NOTIFIER } from '../support/turns.js';

let pool: pg.Pool;
// Of its own: whether anybody waits for a lock is asked of the whole database.
withFreshPool((opened) => (pool = opened));

describeAcceptedAlongSql('documents and runs', () => {
  const database = new Database(pool);
  const turns = new PostgresTurnStore(database, LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER);
  const runs = new PostgresWorkflowRunStore(database, pinnedThread, RUNNING);
  return {
    ...{ pool, runs, rag: ragOn(pool) },
    newThread: (owner, workflow) => tellThread(pool, owner, workflow),
    async accept(caller, threadId, change) {
      const accepted = await turns.accept(newTurn(caller, threadId, change));
      if (accepted.kind !== 'accepted') throw new Error(`the turn is ${accepted.kind}`);
      const { along, turn } = accepted;
      return { id: turn.id, hasDocuments: along?.hasDocuments, open: runs.foundAlong(along?.run) };
    },
  };
});
