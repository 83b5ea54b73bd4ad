import { heldBy } from '../../src/log/adapters/log-sql.js';
import type { CompactionSql } from '../../src/log/ports/compaction-sql.js';
import * as documents from '../../src/rag/adapters/document-sql.js';
import { endedAlongOf } from '../../src/sql-fragments.module.js';
import type { JoinedTablesSql } from '../../src/thread/ports/joined-tables-sql.js';
import type { AcceptedAlongSql } from '../../src/turn/ports/accepted-along-sql.js';
import { runsFrom } from '../../src/workflow/adapters/run-sql.js';
import { builtInFirstSteps } from '../../src/workflow/app/built-in-workflows.js';
import * as turns from '../../src/turn/adapters/turn-sql.js';
import type { RunningTurnSql } from '../../src/workflow/ports/running-turn-sql.js';

/** What the statement of compaction says of turns, as the application has it. */
export const ENDED: CompactionSql = turns;

/** What statements on threads say of other rooms' tables, as the application has it. */
export const FOREIGN: JoinedTablesSql = { turns, documents };

/** What statements on runs of workflows say of the turn that moves them, as the application has it. */
export const RUNNING: RunningTurnSql = { ...turns, heldBy };

/** What the statement that ends a turn stores in other rooms' tables where no attempt waits for that. */
export const NO_ATTEMPTS = endedAlongOf({ takeOfTurn: () => undefined });

/** What the statement that accepts a turn finds in other rooms' tables, as the application has it. */
export const ALONG: AcceptedAlongSql = { documents, runs: runsFrom(builtInFirstSteps()) };
