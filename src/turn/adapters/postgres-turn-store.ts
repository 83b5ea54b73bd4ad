import { Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { Database, databaseError, UNIQUE_VIOLATION } from '../../platform/database/index.js';
import { PROCESS_ID } from '../core/process-id.js';
import type { Turn } from '../core/turn.js';
import type { TurnRequest } from '../ports/turn-executor.js';
import type { Acceptance, ExpiredTurn, NewTurn, TurnEnd, TurnStore } from '../ports/turn-store.js';
import { turnFrom, type TurnRow } from './turn-row.js';
import * as statements from './turn-statements.js';

/** What `turns.request` keeps: the request and for whom it is answered. */
interface StoredRequest {
  readonly request: TurnRequest;
  readonly caller: Caller;
}

interface ExpiredRow {
  readonly id: string;
  readonly thread_id: string;
  readonly user_message_id: string;
  readonly assistant_message_id: string;
  readonly request: StoredRequest;
  readonly created_at: Date;
  readonly first_seq: number;
  readonly epoch: number;
  readonly cancel_requested: boolean;
  readonly last_seq: number;
}

/** Turns in Postgres: one statement where a turn begins, one where it ends. */
@Injectable()
export class PostgresTurnStore implements TurnStore {
  constructor(private readonly database: Database) {}

  async accept(turn: NewTurn): Promise<Acceptance> {
    try {
      const [row] = await this.database.query<TurnRow & { first_seq: number }>(
        statements.ACCEPT,
        acceptValues(turn),
      );
      if (row === undefined) return { kind: 'not_found' };
      return { kind: 'accepted', turn: turnFrom(row), firstSeq: row.first_seq };
    } catch (error) {
      if (databaseError(error)?.code !== UNIQUE_VIOLATION) throw error;
      return this.refused(turn);
    }
  }

  async find(caller: Caller, threadId: string, turnId: string): Promise<Turn | undefined> {
    const [row] = await this.database.query<TurnRow>(statements.FIND, [
      turnId,
      threadId,
      caller.org,
      caller.id,
    ]);
    return row && turnFrom(row);
  }

  async findByMessage(caller: Caller, userMessageId: string) {
    const [row] = await this.database.query<TurnRow & { first_seq: number }>(statements.FIND_BY_MESSAGE, [
      userMessageId,
      caller.org,
      caller.id,
    ]);
    return row && { turn: turnFrom(row), firstSeq: row.first_seq };
  }

  async requestCancel(caller: Caller, threadId: string, turnId: string): Promise<Turn | undefined> {
    const values = [turnId, threadId, caller.org, caller.id];
    const [row] = await this.database.query<TurnRow>(statements.REQUEST_CANCEL, values);
    return row ? turnFrom(row) : this.find(caller, threadId, turnId);
  }

  async finish(end: TurnEnd): Promise<boolean> {
    const rows = await this.database.query(statements.FINISH, finishValues(end));
    if (rows.length > 0) return true;
    const values = [end.context.turnId, end.epoch, end.fromSeq + end.events.length];
    return (await this.database.query(statements.WAS_FINISHED, values)).length > 0;
  }

  async extendLeases(owner: string, turnIds: readonly string[]): Promise<readonly string[]> {
    const rows = await this.database.query<{ id: string; cancel_requested: boolean }>(
      statements.EXTEND_LEASES,
      [turnIds, owner],
    );
    return rows.filter(({ cancel_requested }) => cancel_requested).map(({ id }) => id);
  }

  async takeExpired(owner: string): Promise<readonly ExpiredTurn[]> {
    const rows = await this.database.query<ExpiredRow>(statements.TAKE_EXPIRED, [owner]);
    return rows.map((row) => ({
      context: {
        turnId: row.id,
        threadId: row.thread_id,
        userMessageId: row.user_message_id,
        assistantMessageId: row.assistant_message_id,
        acceptedAt: row.created_at.toISOString(),
        ...row.request,
      },
      epoch: row.epoch,
      lastSeq: row.last_seq,
      firstSeq: row.first_seq,
      cancelRequested: row.cancel_requested,
    }));
  }

  async expireAllLeases(): Promise<void> {
    await this.database.query(statements.EXPIRE_ALL);
  }

  async sweep(): Promise<void> {
    await this.database.query(statements.SWEEP_KEYS);
  }

  /** A unique index said no: the key came before, or the thread has an active turn. */
  private async refused(turn: NewTurn): Promise<Acceptance> {
    const { caller, idempotency, userMessage } = turn;
    if (idempotency !== undefined) {
      const values = [caller.org, caller.id, idempotency.key];
      const [row] = await this.database.query<TurnRow & { first_seq: number; request_hash: Buffer }>(
        statements.FIND_BY_KEY,
        values,
      );
      if (row !== undefined) {
        if (!row.request_hash.equals(idempotency.hash)) return { kind: 'conflict' };
        return { kind: 'repeated', turn: turnFrom(row), firstSeq: row.first_seq };
      }
      const forgotten = await this.database.query(statements.FORGET_OLD_KEY, values);
      if (forgotten.length > 0) return this.accept(turn);
    }
    const [active] = await this.database.query<{ id: string }>(statements.FIND_ACTIVE, [
      userMessage.threadId,
    ]);
    return { kind: 'busy', turnId: active?.id };
  }
}

function acceptValues({ caller, turnId, userMessage, ...turn }: NewTurn): unknown[] {
  const stored: StoredRequest = { request: turn.request, caller };
  return [
    userMessage.threadId,
    caller.org,
    caller.id,
    turn.acceptedAt,
    turn.title,
    turnId,
    JSON.stringify(stored),
    userMessage.id,
    turn.assistantMessageId,
    turn.owner,
    turn.idempotency?.key ?? null,
    turn.idempotency?.hash ?? null,
    userMessage.content,
    turn.savedEvent,
    `${PROCESS_ID}:${userMessage.threadId}`,
    turn.isAskedAgain,
  ];
}

function finishValues({
  context,
  epoch,
  fromSeq,
  events,
  outcome,
  error,
  workflowRunId,
  message,
}: TurnEnd): unknown[] {
  return [
    context.threadId,
    context.turnId,
    epoch,
    fromSeq,
    fromSeq + events.length,
    outcome,
    events.at(-1)?.at,
    error && JSON.stringify(error),
    workflowRunId,
    context.assistantMessageId,
    message.content,
    message.status,
    message.provider,
    message.model,
    message.usage && JSON.stringify(message.usage),
    JSON.stringify(message.citations),
    JSON.stringify(message.toolCalls),
    message.step,
    events.map(({ seq }) => seq),
    events.map(({ type }) => type),
    events.map(({ data }) => data),
    events.map(({ at }) => at),
    `${PROCESS_ID}:${context.threadId}`,
  ];
}
