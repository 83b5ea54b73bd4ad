import { Global, Module } from '@nestjs/common';
import { OWNED_THREAD, type OwnedThread } from './platform/auth/index.js';
import { ENDED_TURNS, type EndedTurns } from './log/index.js';
import { documentSql } from './rag/index.js';
import { FOREIGN_SQL, threadSql, type ForeignSql } from './thread/index.js';
import { turnSql } from './turn/index.js';
import { PINNED_THREAD, type PinnedThread } from './workflow/index.js';

const fragments = [
  { provide: ENDED_TURNS, useValue: turnSql satisfies EndedTurns },
  { provide: FOREIGN_SQL, useValue: { turns: turnSql, documents: documentSql } satisfies ForeignSql },
  { provide: OWNED_THREAD, useValue: threadSql.ownedThread satisfies OwnedThread },
  { provide: PINNED_THREAD, useValue: threadSql.pinnedThread satisfies PinnedThread },
];

/** What statements say of tables whose owner their room does not know: bound to the owner's fragments of SQL. */
@Global()
@Module({ providers: fragments, exports: fragments })
export class SqlFragmentsModule {}
