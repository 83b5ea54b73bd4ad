import { Inject, Injectable } from '@nestjs/common';
import { setImmediate as immediate } from 'node:timers/promises';
import { Database, type Queryable } from '../../platform/database/index.js';
import { partsOf, NgramBitmap } from '../core/ngram-bitmap.js';
import { JOINED_TABLES_SQL, type JoinedTablesSql } from '../ports/joined-tables-sql.js';
import type { MessageIndex } from '../ports/message-index.js';
import { ADD_BLOCKS, DONE_WITH, FORGET_DELETED, indexStatements, TRY_INDEXING } from './search-statements.js';

/** The limits of one round, so that neither a transaction nor the event loop is occupied for long. */
const THREADS = 100;
const ROUND_BYTES = 262_144;
const MESSAGES = 500;

interface PendingRow {
  readonly thread_id: string;
  readonly indexed_to: number;
}

interface MessageRow {
  readonly thread_id: string;
  readonly position: number;
  readonly content: string;
  readonly is_unknown: boolean;
}

/** Up to where the thread was indexed before, and is now. */
interface Progress {
  readonly threadId: string;
  readonly from: number;
  readonly to: number;
}

/** Consecutive messages of a thread, or a part of a long one. */
interface Block {
  readonly threadId: string;
  readonly first: number;
  readonly last: number;
  readonly part: number;
  readonly signature: NgramBitmap;
}

/** The index in Postgres: signatures of consecutive messages, in the order of their thread. */
@Injectable()
export class PostgresMessageIndex implements MessageIndex {
  private readonly statements: ReturnType<typeof indexStatements>;

  constructor(
    private readonly database: Database,
    @Inject(JOINED_TABLES_SQL) foreign: JoinedTablesSql,
  ) {
    this.statements = indexStatements(foreign);
  }

  async indexPending(): Promise<number> {
    const taken = await this.database.transaction((queryable) => this.round(queryable));
    if (taken.length === 0) return 0;
    const threadIds = taken.map(({ threadId }) => threadId);
    const indexedTo = taken.map(({ to }) => to);
    const done = await this.database.query<{ thread_id: string }>(DONE_WITH, [threadIds, indexedTo]);
    const gone = await this.database.query<{ thread_id: string }>(FORGET_DELETED, [threadIds]);
    const ended = new Set([...done, ...gone].map(({ thread_id }) => thread_id));
    return taken.filter(({ threadId, from, to }) => to > from || ended.has(threadId)).length;
  }

  private async round(queryable: Queryable): Promise<Progress[]> {
    const [lock] = await queryable.query<{ is_held: boolean }>(TRY_INDEXING);
    if (lock?.is_held !== true) return [];
    const pending = await queryable.query<PendingRow>(this.statements.pending, [THREADS]);
    if (pending.length === 0) return [];
    const threads = [pending.map(({ thread_id }) => thread_id), pending.map(({ indexed_to }) => indexed_to)];
    const messages = await queryable.query<MessageRow>(this.statements.unindexed, [
      ...threads,
      MESSAGES,
      ROUND_BYTES,
    ]);
    await addBlocks(queryable, messages);
    const byThread = Map.groupBy(messages, ({ thread_id }) => thread_id);
    const taken: Progress[] = [];
    for (const { thread_id: threadId, indexed_to: from } of pending) {
      const own = byThread.get(threadId) ?? [];
      const to = own.at(-1)?.position ?? from;
      if (own.some(({ is_unknown }) => is_unknown))
        await queryable.query(this.statements.settleLevels, [threadId, from, to]);
      taken.push({ threadId, from, to });
    }
    return taken;
  }
}

async function addBlocks(queryable: Queryable, messages: readonly MessageRow[]): Promise<void> {
  const blocks: Block[] = [];
  for (const block of blocksOf(messages)) {
    blocks.push(block);
    await immediate();
  }
  if (blocks.length === 0) return;
  await queryable.query(ADD_BLOCKS, [
    blocks.map(({ threadId }) => threadId),
    blocks.map(({ first }) => first),
    blocks.map(({ last }) => last),
    blocks.map(({ part }) => part),
    blocks.map(({ signature }) => Buffer.from(signature.toBytes())),
  ]);
}

/** The blocks of messages that are sorted by thread and position. */
function* blocksOf(messages: readonly MessageRow[]): Generator<Block, void> {
  let open: Block | undefined;
  for (const { thread_id: threadId, position, content } of messages) {
    const parts = [...partsOf(content)];
    const closes = open?.signature.isFull === true || parts.length > 1 || open?.threadId !== threadId;
    if (open !== undefined && closes) {
      yield open;
      open = undefined;
    }
    if (parts.length > 1) {
      yield* longBlocks(threadId, position, parts);
      continue;
    }
    open = { threadId, part: 0, first: position, signature: new NgramBitmap(), ...open, last: position };
    open.signature.add(content);
  }
  if (open !== undefined) yield open;
}

function* longBlocks(threadId: string, position: number, parts: readonly string[]): Generator<Block, void> {
  for (const [part, text] of parts.entries()) {
    const signature = new NgramBitmap();
    signature.add(text);
    yield { threadId, first: position, last: position, part, signature };
  }
}
