import { Injectable } from '@nestjs/common';
import { setImmediate as immediate } from 'node:timers/promises';
import { Database, type Queryable } from '../../platform/database/index.js';
import { partsOf, Signature } from '../core/signature.js';
import type { MessageIndex } from '../ports/message-index.js';
import * as statements from './search-statements.js';

/** What is taken in at once, so that neither a transaction nor the event loop is held for long. */
const THREADS = 20;
const ROUND_BYTES = 262_144;
const MESSAGES = 500;

interface PendingRow {
  readonly thread_id: string;
  readonly indexed_to: number;
}

interface MessageRow {
  readonly position: number;
  readonly content: string;
  readonly is_unknown: boolean;
}

/** Messages that follow each other, or a part of a long one. */
interface Block {
  readonly first: number;
  readonly last: number;
  readonly part: number;
  readonly signature: Signature;
}

/** The index in Postgres: signatures of neighbouring messages, in the order of their thread. */
@Injectable()
export class PostgresMessageIndex implements MessageIndex {
  constructor(private readonly database: Database) {}

  async takeIn(): Promise<number> {
    const taken = await this.database.transaction((queryable) => this.round(queryable));
    let moved = 0;
    for (const [{ thread_id, indexed_to }, indexedTo] of taken) {
      const done = await this.database.query(statements.DONE_WITH, [thread_id, indexedTo]);
      const gone = await this.database.query(statements.FORGET_DELETED, [thread_id]);
      if (done.length > 0 || gone.length > 0 || indexedTo > indexed_to) moved += 1;
    }
    return moved;
  }

  private async round(queryable: Queryable): Promise<(readonly [PendingRow, number])[]> {
    const [lock] = await queryable.query<{ is_held: boolean }>(statements.TRY_INDEXING);
    if (lock?.is_held !== true) return [];
    const taken: (readonly [PendingRow, number])[] = [];
    let bytes = 0;
    for (const thread of await queryable.query<PendingRow>(statements.PENDING, [THREADS])) {
      if (bytes >= ROUND_BYTES) break;
      const values = [thread.thread_id, thread.indexed_to, MESSAGES, ROUND_BYTES - bytes];
      const messages = await queryable.query<MessageRow>(statements.UNINDEXED, values);
      for (const { content } of messages) bytes += content.length;
      taken.push([thread, await this.store(queryable, thread, messages)]);
    }
    return taken;
  }

  /** Answers how far the index holds the thread now. */
  private async store(
    queryable: Queryable,
    thread: PendingRow,
    messages: readonly MessageRow[],
  ): Promise<number> {
    const { thread_id: threadId, indexed_to: before } = thread;
    for (const { first, last, part, signature } of blocksOf(messages)) {
      const bits = Buffer.from(signature.toBytes());
      await queryable.query(statements.ADD_BLOCK, [threadId, first, last, part, bits]);
      await immediate();
    }
    const indexedTo = messages.at(-1)?.position ?? before;
    if (messages.some(({ is_unknown }) => is_unknown))
      await queryable.query(statements.SETTLE_LEVELS, [threadId, before, indexedTo]);
    return indexedTo;
  }
}

function* blocksOf(messages: readonly MessageRow[]): Generator<Block, void> {
  let open: Block | undefined;
  for (const { position, content } of messages) {
    const parts = [...partsOf(content)];
    if (open !== undefined && (open.signature.isFull || parts.length > 1)) {
      yield open;
      open = undefined;
    }
    if (parts.length > 1) {
      yield* longBlocks(position, parts);
      continue;
    }
    open = { part: 0, first: position, signature: new Signature(), ...open, last: position };
    open.signature.add(content);
  }
  if (open !== undefined) yield open;
}

function* longBlocks(position: number, parts: readonly string[]): Generator<Block, void> {
  for (const [part, text] of parts.entries()) {
    const signature = new Signature();
    signature.add(text);
    yield { first: position, last: position, part, signature };
  }
}
