import { isPiece, PROCESS_ID, type TurnEventType } from '../../kernel/index.js';
import type { Database, Listener, Notifier } from '../../platform/database/index.js';
import type { LoggedEvent } from '../core/logged-event.js';
import type { AppendRequest, LogPage, TurnEventLog } from '../ports/turn-event-log.js';
import { APPEND, DATA_SEPARATOR, HEADS, MAX_PAGE_BYTES, READ } from './event-statements.js';
import { appendedHead, THREAD_LOG_CHANNEL } from './log-sql.js';

interface EventRow {
  readonly seq: number;
  readonly turn_id: string;
  readonly type: TurnEventType;
  readonly data: string;
  readonly created_at: Date;
  readonly level: number | null;
  readonly total: number;
  /**
   * Whether the event at the cursor exists: compaction keeps the last of the events it merges, under its own sequence.
   */
  readonly continues: boolean;
}

/** More threads in one statement do not make a row cheaper. */
const MAX_REQUESTS = 200;

/** The log in Postgres: the appends of many writers are combined into one statement. */
export class PostgresTurnEventLog implements TurnEventLog {
  constructor(
    private readonly database: Database,
    /** Connections reserved for appends. */
    private readonly writing: Database,
    private readonly listener: Pick<Listener, 'listen'>,
    private readonly notifier: Pick<Notifier, 'notifyOf'>,
    private readonly processId: string = PROCESS_ID,
  ) {}

  async append(requests: readonly AppendRequest[]): Promise<ReadonlySet<string>> {
    const taken = new Set<string>();
    for (let start = 0; start < requests.length; start += MAX_REQUESTS) {
      const batch = requests.slice(start, start + MAX_REQUESTS);
      const rows = await this.writing.query<{ turn_id: string }>(APPEND, appendValues(batch));
      for (const { turn_id } of rows) taken.add(turn_id);
      for (const { turnId, threadId } of batch) if (taken.has(turnId)) this.appended(threadId);
    }
    return taken;
  }

  private appended(threadId: string): void {
    this.notifier.notifyOf(THREAD_LOG_CHANNEL, appendedHead(this.processId), threadId);
  }

  async read(threadId: string, after: number, limit: number): Promise<LogPage> {
    const rows = await this.database.query<EventRow>(READ, [threadId, after, limit]);
    const events = rows.map(({ seq, turn_id, type, data, created_at, level }) => ({
      seq,
      turnId: turn_id,
      type,
      data,
      at: created_at.toISOString(),
      ...(level === null ? {} : { level }),
    }));
    return {
      events,
      more: rows.length === limit || (rows.at(-1)?.total ?? 0) >= MAX_PAGE_BYTES,
      // Only pieces are merged; pieces discarded by a reset are deleted, and the reset follows whatever is kept of the
      // turn.
      startsInside: rows[0]?.continues === false && isPiece(rows[0].type),
    };
  }

  async heads(threadIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.query<{ thread_id: string; last_seq: number }>(HEADS, [threadIds]);
    return new Map(rows.map(({ thread_id, last_seq }) => [thread_id, last_seq]));
  }

  /** By NOTIFY, received on the process's only listening connection. */
  onAppended(wake: (threadId: string | undefined) => void): Promise<void> {
    return this.listener.listen(THREAD_LOG_CHANNEL, (payload) => {
      if (payload === '') return wake(undefined);
      const [origin, threads = ''] = payload.split(':');
      if (origin !== this.processId) threads.split(',').forEach(wake);
    });
  }
}

/** Arrays as text, which cannot hold what would have to be escaped: the driver escapes each element, at five times the cost. */
function appendValues(requests: readonly AppendRequest[]): unknown[] {
  const eventThreads: string[] = [];
  const events: LoggedEvent[] = [];
  for (const request of requests) {
    for (const event of request.events) {
      eventThreads.push(request.threadId);
      events.push(event);
    }
  }
  return [
    arrayOf(requests, ({ threadId }) => threadId),
    arrayOf(requests, ({ turnId }) => turnId),
    arrayOf(requests, ({ epoch }) => epoch),
    arrayOf(requests, ({ fromSeq }) => fromSeq),
    arrayOf(requests, ({ fromSeq, events: own }) => fromSeq + own.length),
    `{${eventThreads.join(',')}}`,
    arrayOf(events, ({ seq }) => seq),
    arrayOf(events, ({ type }) => type),
    events.map(({ data }) => data).join(DATA_SEPARATOR),
    arrayOf(events, ({ at }) => at),
    arrayOf(events, ({ level }) => level ?? 'NULL'),
  ];
}

function arrayOf<Item>(items: readonly Item[], valueOf: (item: Item) => string | number): string {
  return `{${items.map(valueOf).join(',')}}`;
}
