import pg from 'pg';

export interface StoredEvent {
  readonly seq: number;
  readonly turn_id: string;
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever was stored
  readonly data: Record<string, any>;
}

export interface StoredMessage {
  readonly id: string;
  readonly role: string;
  readonly status: string;
  readonly content: string;
  readonly turn_id: string;
  readonly step: string | null;
}

/** A message of a turn, without the user's. */
export interface TurnMessage extends Pick<StoredMessage, 'role' | 'status' | 'content'> {
  readonly tool_calls: readonly { readonly id: string; readonly name: string }[];
  readonly tool_call_id: string | null;
}

export interface StoredTurn {
  readonly id: string;
  readonly thread_id: string;
  readonly status: string;
  readonly attempt: number;
}

/** A turn in the tree of its thread. */
export interface StoredPlace {
  readonly id: string;
  readonly parent_turn_id: string | null;
  readonly branch: number;
}

/** What a thread says of its tree. */
export interface StoredHead {
  readonly head_turn_id: string | null;
  readonly head_parent_turn_id: string | null;
  readonly head_branch: number;
  readonly branch_count: number;
}

export interface StoredEntry {
  readonly epoch: number;
  readonly is_done: boolean;
  readonly result: unknown;
}

/** Looks at what the servers have stored, past all of them. */
export class Stored {
  private readonly pool: pg.Pool;

  constructor(connectionString: string) {
    this.pool = new pg.Pool({ connectionString, max: 2 });
    this.pool.on('error', () => undefined);
  }

  /** The thread's log, oldest first. */
  async events(threadId: string): Promise<StoredEvent[]> {
    const { rows } = await this.pool.query<StoredEvent>(
      'SELECT seq::int, turn_id, type, data FROM turn_events WHERE thread_id = $1 ORDER BY seq',
      [threadId],
    );
    return rows;
  }

  async messages(threadId: string): Promise<StoredMessage[]> {
    const { rows } = await this.pool.query<StoredMessage>(
      'SELECT id, role, status, content, turn_id, step FROM messages WHERE thread_id = $1 ORDER BY position, part',
      [threadId],
    );
    return rows;
  }

  /** What a turn has said, called and been given, in order; nothing of its user. */
  async messagesOf(turnId: string): Promise<TurnMessage[]> {
    const { rows } = await this.pool.query<TurnMessage>(
      `SELECT role, status, content, tool_calls, tool_call_id FROM messages
       WHERE turn_id = $1 AND role <> 'user' ORDER BY position, part`,
      [turnId],
    );
    return rows;
  }

  /** What became of everything that turns of the thread have waited for, oldest first. */
  async inputs(threadId: string): Promise<string[]> {
    const { rows } = await this.pool.query<{ status: string }>(
      'SELECT status FROM inputs WHERE thread_id = $1 ORDER BY id',
      [threadId],
    );
    return rows.map(({ status }) => status);
  }

  async turns(threadId: string): Promise<StoredTurn[]> {
    const { rows } = await this.pool.query<StoredTurn>(
      'SELECT id, thread_id, status, attempt FROM turns WHERE thread_id = $1 ORDER BY id',
      [threadId],
    );
    return rows;
  }

  /** The thread's turns as they stand in its tree, in the order of their answers. */
  async tree(threadId: string): Promise<StoredPlace[]> {
    const { rows } = await this.pool.query<StoredPlace>(
      `SELECT u.id, u.parent_turn_id, u.branch FROM turns u JOIN messages m ON m.id = u.assistant_message_id
       WHERE u.thread_id = $1 ORDER BY m.position, u.id`,
      [threadId],
    );
    return rows;
  }

  async head(threadId: string): Promise<StoredHead> {
    const { rows } = await this.pool.query<StoredHead>(
      'SELECT head_turn_id, head_parent_turn_id, head_branch, branch_count FROM threads WHERE id = $1',
      [threadId],
    );
    return rows[0]!;
  }

  /** How many rows the ledger has for each turn of the thread, by the turn's id. */
  async attempts(threadId: string): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.pool.query<{ turn_id: string; count: number }>(
      'SELECT turn_id, count(*)::int FROM llm_attempts WHERE thread_id = $1 GROUP BY turn_id',
      [threadId],
    );
    return new Map(rows.map(({ turn_id, count }) => [turn_id, count]));
  }

  /** What the journal has of a turn, by its keys. */
  async journal(turnId: string): Promise<ReadonlyMap<string, StoredEntry>> {
    const { rows } = await this.pool.query<StoredEntry & { key: string }>(
      'SELECT key, epoch, done_at IS NOT NULL AS is_done, result FROM run_journal WHERE turn_id = $1 ORDER BY begun_at',
      [turnId],
    );
    return new Map(rows.map(({ key, ...entry }) => [key, entry]));
  }

  async run(threadId: string): Promise<{ step: string; status: string; steps_done: number } | undefined> {
    const { rows } = await this.pool.query<{ step: string; status: string; steps_done: number }>(
      'SELECT step, status, steps_done FROM workflow_runs WHERE thread_id = $1 ORDER BY id DESC LIMIT 1',
      [threadId],
    );
    return rows[0];
  }

  async query<Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> {
    return (await this.pool.query<Row>(statement)).rows;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
