import { Inject, Injectable } from '@nestjs/common';
import { PROCESS_ID, type AppError, type Caller } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import type { LoggedEvent } from '../../log/index.js';
import {
  Database,
  databaseError,
  Notifier,
  UNIQUE_VIOLATION,
  type Sql,
} from '../../platform/database/index.js';
import { branchTooDeep } from '../../thread/index.js';
import type { Turn } from '../core/turn.js';
import { ACCEPTED_ALONG_SQL, type AcceptedAlongSql } from '../ports/accepted-along-sql.js';
import { ENDED_ALONG, type EndedAlong } from '../ports/ended-along.js';
import { NOBODY_TOLD, TOLD_ALONG, type ToldAlong } from '../ports/told-along.js';
import type {
  Acceptance,
  ClaimedTurn,
  ExpiredTurn,
  FinishedTurn,
  Lease,
  LeaseReport,
  MessageBegun,
  MessageDone,
  NewTurn,
  OwnersAtCapacity,
  QueuePlacement,
  Suspension,
  TurnEnd,
  TurnStore,
  TurnWait,
} from '../ports/turn-store.js';
import * as leases from './lease-statements.js';
import * as queue from './thread-queue-statements.js';
import { claimedFrom, expiredFrom, stopOf, type ClaimedRow, type ExpiredRow } from './leased-row.js';
import { FinishTurn } from './finish-turn.js';
import { endStopped, overtake } from './queue-changes.js';
import { StoreProgress } from './store-progress.js';
import { storedFrom, type StartedRow, type StoredRow } from './stored-row.js';
import { TellWatchers } from './tell-watchers.js';
import { turnFrom, type TurnRow } from './turn-row.js';
import * as statements from './turn-statements.js';
import { tellStatement } from './told-statements.js';
import { acceptValues, enqueueValues, MAX_QUEUED_PER_THREAD } from './turn-values.js';

/** How a turn is put behind the lock on its thread; `overtakes`: before those of the queue that it runs before. */
type Locking = 'unlocked' | 'locked' | 'overtakes';

/** Thrown inside a transaction that is to leave nothing behind. */
class Refused extends Error {
  /** `reason`: what to tell whoever has not asked the same before. */
  constructor(readonly reason?: AppError) {
    super();
  }
}

/** Turns in Postgres: a turn starts in one statement and ends in one. */
@Injectable()
export class PostgresTurnStore implements TurnStore {
  private readonly acceptStatement: Sql;
  private readonly ends: FinishTurn;
  private readonly progress: StoreProgress;
  private readonly watchers: TellWatchers;
  private readonly tell: Sql;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'MAX_QUEUED_TURNS' | 'TURN_LEASE' | 'TURN_MAX_ATTEMPTS'>,
    @Inject(ACCEPTED_ALONG_SQL) accepted: AcceptedAlongSql,
    @Inject(ENDED_ALONG) ended: EndedAlong,
    @Inject(Notifier) notifier: Pick<Notifier, 'notify' | 'notifyOf' | 'sent'>,
    @Inject(TOLD_ALONG) private readonly told: ToldAlong = NOBODY_TOLD,
  ) {
    this.acceptStatement = statements.acceptStatement(accepted);
    this.watchers = new TellWatchers(notifier);
    this.progress = new StoreProgress(database, told, this.watchers);
    this.ends = new FinishTurn(database, ended, told, this.watchers);
    this.tell = tellStatement(told);
  }

  async accept(turn: NewTurn): Promise<Acceptance> {
    const values = acceptValues(turn, this.config.TURN_LEASE);
    const acceptance = await this.start('accepted', this.acceptStatement, values, turn);
    if (acceptance.kind === 'accepted') this.watchers.began({ ...turn, threadId: turn.userMessage.threadId });
    return acceptance;
  }

  async enqueue(turn: NewTurn, place: QueuePlacement): Promise<Acceptance> {
    const values = enqueueValues(turn, place, this.config.MAX_QUEUED_TURNS);
    const locking = place.holdsThread ? 'unlocked' : place.interrupts ? 'overtakes' : 'locked';
    const acceptance = await this.start('queued', queue.ENQUEUE, values, turn, locking);
    if (acceptance.kind !== 'busy') return acceptance;
    const { MAX_QUEUED_TURNS: limit } = this.config;
    const [waiting] = await this.database.query<{ total: number; own: number; has_capacity: boolean }>(
      statements.COUNT_QUEUED,
      [turn.userMessage.threadId, limit, turn.caller.org, turn.caller.id],
    );
    const { total = 0, own = 0, has_capacity: hasShare = true } = waiting ?? {};
    if (total >= limit || !hasShare) return { kind: 'full', limit };
    return own >= MAX_QUEUED_PER_THREAD && !place.holdsThread
      ? { kind: 'full', limit: MAX_QUEUED_PER_THREAD }
      : acceptance;
  }

  async claim(turnId: string, without?: OwnersAtCapacity): Promise<ClaimedTurn | undefined> {
    const [claimed] = await this.claimBy(queue.CLAIM_TURN, 1, turnId, without);
    return claimed;
  }

  claimWaiting(limit: number, without?: OwnersAtCapacity): Promise<readonly ClaimedTurn[]> {
    return this.claimBy(queue.CLAIM_WAITING, limit, null, without);
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
    const [row] = await this.database.query<StartedRow>(statements.FIND_BY_MESSAGE, [
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

  async requestCancelAll(caller: Caller, threadId: string) {
    const rows = await this.database.query<{ id: string; is_queued: boolean }>(
      statements.REQUEST_CANCEL_ALL,
      [threadId, caller.org, caller.id],
    );
    return rows.map(({ id, is_queued: isQueued }) => ({ id, isQueued }));
  }

  endStopped(threadId: string): Promise<readonly LoggedEvent[]> {
    return this.database.transaction((queryable) => endStopped(queryable, threadId, this.told, this.tell));
  }

  endMessage(done: MessageDone): Promise<boolean> {
    return this.progress.endMessage(done);
  }

  beginMessage(begun: MessageBegun): Promise<boolean> {
    return this.progress.beginMessage(begun);
  }

  suspend(wait: TurnWait): Promise<Suspension> {
    return this.progress.suspend(wait);
  }

  finish(end: TurnEnd): Promise<FinishedTurn> {
    return this.ends.finish(end);
  }

  async extendLeases(turnIds: readonly string[]): Promise<LeaseReport> {
    const rows = await this.database.query<Parameters<typeof stopOf>[0] & { id: string }>(
      leases.EXTEND_LEASES,
      [turnIds, PROCESS_ID, this.config.TURN_LEASE],
    );
    const held = new Set(rows.map(({ id }) => id));
    return {
      stopped: rows.flatMap((row) => {
        const reason = stopOf(row);
        return reason === undefined ? [] : [{ turnId: row.id, reason }];
      }),
      lost: turnIds.filter((id) => !held.has(id)),
    };
  }

  async release({ context, epoch }: Lease): Promise<boolean> {
    const rows = await this.database.query(leases.RELEASE, [context.turnId, epoch, PROCESS_ID]);
    return rows.length > 0;
  }

  claimExpired(limit: number): Promise<readonly ExpiredTurn[]> {
    return this.claimExpiredBy(leases.CLAIM_EXPIRED, limit);
  }

  async claimExpiredTurn(turnId: string): Promise<ExpiredTurn | undefined> {
    const [expired] = await this.claimExpiredBy(leases.CLAIM_EXPIRED_TURN, turnId);
    return expired;
  }

  async claimStoppedTurn(turnId: string): Promise<ExpiredTurn | undefined> {
    const [stopped] = await this.claimExpiredBy(leases.CLAIM_STOPPED_TURN, turnId);
    return stopped;
  }

  async expireAllLeases(): Promise<void> {
    await this.database.query(leases.EXPIRE_ALL);
  }

  async forgetKeys(limit: number): Promise<number> {
    return (await this.database.query(statements.SWEEP_KEYS, [limit])).length;
  }

  private async claimExpiredBy(statement: Sql, which: number | string): Promise<readonly ExpiredTurn[]> {
    const { TURN_MAX_ATTEMPTS, TURN_LEASE } = this.config;
    const values = [PROCESS_ID, which, TURN_MAX_ATTEMPTS, TURN_LEASE];
    return (await this.database.query<ExpiredRow>(statement, values)).map(expiredFrom);
  }

  private async claimBy(
    statement: Sql,
    limit: number,
    turnId: string | null,
    { users, orgs }: OwnersAtCapacity = { users: [], orgs: [] },
  ): Promise<ClaimedTurn[]> {
    const now = new Date().toISOString();
    const values = [PROCESS_ID, limit, this.config.TURN_LEASE, now, PROCESS_ID, turnId, users, orgs];
    try {
      const rows = await this.database.query<ClaimedRow>(statement, values);
      return rows.map((row) => claimedFrom(row, now));
    } catch (error) {
      // Another turn of the thread began at the same moment: the queued one keeps waiting.
      if (databaseError(error)?.code === UNIQUE_VIOLATION) return [];
      throw error;
    }
  }

  private async start(
    kind: 'accepted' | 'queued',
    statement: Sql,
    values: readonly unknown[],
    turn: NewTurn,
    locking: Locking = 'unlocked',
  ): Promise<Acceptance> {
    const { caller, idempotency, userMessage } = turn;
    const place = [userMessage.threadId, caller.org, caller.id];
    let refusal: AppError | undefined;
    try {
      const row = await this.put(statement, values, turn, locking);
      if (row !== undefined) return { kind, ...storedFrom(row, turn) };
    } catch (error) {
      if (error instanceof Refused) refusal = error.reason;
      else if (databaseError(error)?.code !== UNIQUE_VIOLATION) throw error;
    }
    if (idempotency !== undefined) {
      const key = [caller.org, caller.id, idempotency.key];
      const [row] = await this.database.query<StartedRow & { request_hash: Buffer }>(
        statements.FIND_BY_KEY,
        key,
      );
      if (row !== undefined) {
        if (!row.request_hash.equals(idempotency.hash)) return { kind: 'conflict' };
        return { kind: 'repeated', turn: turnFrom(row), firstSeq: row.first_seq };
      }
      const forgotten = await this.database.query(statements.FORGET_OLD_KEY, key);
      if (forgotten.length > 0) return this.start(kind, statement, values, turn, locking);
    }
    if (refusal !== undefined) throw refusal;
    const [busy] = await this.database.query<{ turn_id: string | null; follows: boolean }>(
      statements.FIND_BUSY,
      [...place, turn.after ?? null],
    );
    if (busy === undefined) return { kind: 'not_found', what: 'thread' };
    if (!busy.follows) return { kind: 'not_found', what: 'turn' };
    return { kind: 'busy', turnId: busy.turn_id ?? undefined };
  }

  /** Runs the statement that stores the turn, behind whatever it has to be preceded by. No row: it is refused. */
  private async put(
    statement: Sql,
    values: readonly unknown[],
    { caller, after, userMessage, turnId, isRetry }: NewTurn,
    locking: Locking,
  ): Promise<StoredRow | undefined> {
    if (locking === 'unlocked' && after === undefined)
      return (await this.database.query<StoredRow>(statement, values))[0];
    const place = [userMessage.threadId, caller.org, caller.id];
    return this.database.transaction(async (queryable) => {
      await queryable.query(statements.LOCK_THREAD, place);
      if (after !== undefined) {
        const [moved] = await queryable.query<{ is_too_deep: boolean }>(statements.FOLLOW, [...place, after]);
        if (moved === undefined) throw new Refused();
        if (moved.is_too_deep) throw new Refused(branchTooDeep());
      }
      const [row] = await queryable.query<StoredRow>(statement, values);
      // The head stays where it was.
      if (row === undefined) throw new Refused();
      if (locking !== 'overtakes' || after !== undefined || isRetry) return row;
      return { ...row, ...(await overtake(queryable, userMessage.threadId, turnId)) };
    });
  }
}
