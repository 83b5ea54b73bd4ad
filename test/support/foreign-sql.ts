import * as documents from '../../src/rag/adapters/document-sql.js';
import type { ForeignSql } from '../../src/thread/ports/foreign-sql.js';
import * as turns from '../../src/turn/adapters/turn-sql.js';

/** What statements on threads say of other rooms' tables, as the application has it. */
export const FOREIGN: ForeignSql = { turns, documents };
