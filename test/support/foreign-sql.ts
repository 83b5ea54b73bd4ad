import type { EndedTurns } from '../../src/log/ports/ended-turns.js';
import * as documents from '../../src/rag/adapters/document-sql.js';
import type { ForeignSql } from '../../src/thread/ports/foreign-sql.js';
import * as turns from '../../src/turn/adapters/turn-sql.js';

/** What the statement of compaction says of turns, as the application has it. */
export const ENDED: EndedTurns = turns;

/** What statements on threads say of other rooms' tables, as the application has it. */
export const FOREIGN: ForeignSql = { turns, documents };
