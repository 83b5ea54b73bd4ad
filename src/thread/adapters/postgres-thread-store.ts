import { Inject, Injectable } from '@nestjs/common';
import type { Caller, WithheldReason } from '../../kernel/index.js';
import { CONFIG } from '../../platform/config/index.js';
import { Database, databaseError, DEADLOCK } from '../../platform/database/index.js';
import type { Thread, ThreadChange } from '../core/thread.js';
import { branchTooDeep } from '../core/branch-depth.js';
import { JOINED_TABLES_SQL, type JoinedTablesSql } from '../ports/joined-tables-sql.js';
import type {
  AnswerSnapshot,
  HeadMove,
  LogPlace,
  NewThread,
  ThreadPage,
  ThreadPosition,
  ThreadStore,
  ThreadRemoval,
} from '../ports/thread-store.js';
import { answerStatements } from './answer-statements.js';
import { ThreadSearch, type ThreadQuestion } from './postgres-thread-search.js';
import { CREATE, HEAD, HOLD, LOCK, PLACE, REMOVE, threadStatements } from './thread-statements.js';
import { MASKS_BY_CLEARANCE, maskValues, type MaskConfig } from './withheld.js';

interface ThreadRow {
  readonly id: string;
  readonly title: string | null;
  readonly workflow: string;
  readonly workflow_version: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly message_count: number;
  readonly head_turn_id: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly active_at: Date;
  readonly active: { readonly id: string; readonly status: 'running' | 'waiting' } | null;
}

interface AnswerRow {
  readonly turn_id: string;
  readonly message_id: string;
  readonly content: string;
  readonly last_seq: number;
  readonly withheld: WithheldReason | null;
}

/** Sorts after every thread: the start of the first page. */
const FIRST_PAGE: ThreadPosition = { activeAt: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

const REMOVE_ATTEMPTS = 3;

/** Threads in Postgres. */
@Injectable()
export class PostgresThreadStore implements ThreadStore {
  private readonly statements: ReturnType<typeof threadStatements>;
  private readonly answers: ReturnType<typeof answerStatements>;
  private readonly searching: ThreadSearch;

  constructor(
    private readonly database: Database,
    @Inject(JOINED_TABLES_SQL) foreign: JoinedTablesSql,
    @Inject(CONFIG) private readonly config: MaskConfig = MASKS_BY_CLEARANCE,
  ) {
    this.statements = threadStatements(foreign.turns);
    this.answers = answerStatements(foreign);
    this.searching = new ThreadSearch(database, foreign, config);
  }

  async create(
    caller: Caller,
    { id, title, workflow, workflowVersion, metadata, createdAt }: NewThread,
  ): Promise<Thread> {
    await this.database.query(CREATE, [
      id,
      caller.org,
      caller.id,
      title,
      workflow,
      workflowVersion,
      JSON.stringify(metadata),
      createdAt,
    ]);
    return {
      id,
      title,
      workflow,
      workflowVersion,
      status: 'idle',
      metadata,
      createdAt,
      updatedAt: createdAt,
      messageCount: 0,
      activeTurnId: null,
      headTurnId: null,
    };
  }

  async find(caller: Caller, id: string): Promise<Thread | undefined> {
    const [row] = await this.database.query<ThreadRow>(this.statements.find, [id, caller.org, caller.id]);
    return row && threadFrom(row);
  }

  async list(
    caller: Caller,
    limit: number,
    after: ThreadPosition = FIRST_PAGE,
    search: string | undefined,
  ): Promise<ThreadPage> {
    if (search !== undefined) return this.search({ caller, limit, after, text: search });
    const values: unknown[] = [caller.org, caller.id, after.activeAt, after.id, limit + 1];
    const rows = await this.database.query<ThreadRow>(this.statements.list, values);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      threads: rows.slice(0, limit).map(threadFrom),
      next: last && { activeAt: last.active_at.toISOString(), id: last.id },
    };
  }

  private async search(question: ThreadQuestion): Promise<ThreadPage> {
    const { ids, next } = await this.searching.find(question);
    const { org, id } = question.caller;
    const rows =
      ids.length === 0 ? [] : await this.database.query<ThreadRow>(this.statements.byIds, [org, id, ids]);
    return { threads: rows.map(threadFrom), next };
  }

  async update(caller: Caller, id: string, { title, metadata }: ThreadChange): Promise<Thread | undefined> {
    const values = [
      id,
      caller.org,
      caller.id,
      title ?? null,
      metadata === undefined ? null : JSON.stringify(metadata),
    ];
    const [row] = await this.database.query<ThreadRow>(this.statements.update, values);
    return row && threadFrom(row);
  }

  async moveHead(caller: Caller, id: string, turnId: string): Promise<HeadMove> {
    const place = [id, caller.org, caller.id];
    return this.database.transaction(async (queryable) => {
      if ((await queryable.query(HOLD, place)).length === 0) return { kind: 'absent', what: 'thread' };
      const [before] = await queryable.query<ThreadRow>(this.statements.find, place);
      if (before?.active) return { kind: 'busy', turnId: before.active.id };
      const [moved] = await queryable.query<{ is_too_deep: boolean }>(this.statements.moveHead, [
        ...place,
        turnId,
      ]);
      if (moved === undefined) return { kind: 'absent', what: 'turn' };
      if (moved.is_too_deep) throw branchTooDeep();
      const [row] = await queryable.query<ThreadRow>(this.statements.find, place);
      return row === undefined
        ? { kind: 'absent', what: 'thread' }
        : { kind: 'moved', thread: threadFrom(row) };
    });
  }

  async remove(caller: Caller, id: string, force = false): Promise<ThreadRemoval> {
    const thread = [id, caller.org, caller.id];
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.database.transaction(async (queryable) => {
          if ((await queryable.query(LOCK, thread)).length === 0) return 'absent';
          // With the lock held no turn can begin.
          if (!force && (await queryable.query(this.statements.isBusy, [id])).length > 0) return 'busy';
          await queryable.query(REMOVE, thread);
          return 'removed';
        });
      } catch (error) {
        if (databaseError(error)?.code !== DEADLOCK || attempt === REMOVE_ATTEMPTS) throw error;
      }
    }
  }

  async head(caller: Caller, id: string): Promise<number | undefined> {
    const [row] = await this.database.query<{ last_seq: number }>(HEAD, [id, caller.org, caller.id]);
    return row?.last_seq;
  }

  async place(caller: Caller, id: string, cursor: number): Promise<LogPlace | undefined> {
    const values = [id, caller.org, caller.id, cursor];
    const [row] = await this.database.query<{ head: number; is_kept: boolean }>(PLACE, values);
    return row && { head: row.head, isKept: row.is_kept };
  }

  async newestAnswer(caller: Caller, id: string): Promise<AnswerSnapshot | undefined> {
    const values = [id, caller.org, caller.id, ...maskValues(caller, this.config)];
    const [row] = await this.database.query<AnswerRow>(this.answers.newest, values);
    return row && snapshotFrom(row);
  }

  async answerPast(caller: Caller, id: string, cursor: number): Promise<AnswerSnapshot | undefined> {
    const values = [id, caller.org, caller.id, cursor, ...maskValues(caller, this.config)];
    const [row] = await this.database.query<AnswerRow>(this.answers.past, values);
    return row && snapshotFrom(row);
  }
}

function snapshotFrom(row: AnswerRow): AnswerSnapshot {
  return {
    turnId: row.turn_id,
    messageId: row.message_id,
    content: row.content,
    lastEventId: row.last_seq,
    ...(row.withheld === null ? {} : { withheld: true as const }),
  };
}

function threadFrom(row: ThreadRow): Thread {
  return {
    id: row.id,
    title: row.title,
    workflow: row.workflow,
    workflowVersion: row.workflow_version,
    status: row.active?.status ?? 'idle',
    metadata: row.metadata,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    messageCount: row.message_count,
    activeTurnId: row.active?.id ?? null,
    headTurnId: row.head_turn_id,
  };
}
