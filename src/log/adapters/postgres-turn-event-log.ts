import { Inject, Injectable } from '@nestjs/common';
import { isPiece, PROCESS_ID, type TurnEventType } from '../../kernel/index.js';
import { LOG_DATABASE, Database, sql } from '../../platform/database/index.js';
import type { LoggedEvent } from '../core/logged-event.js';
import type { AppendRequest, LogPage, TurnEventLog } from '../ports/turn-event-log.js';
import { THREAD_LOG_CHANNEL } from './postgres-log-signals.js';

/** The head is moved first, and only where it moved are events written: that is the fence and the gap-free sequence in one. */
const APPEND = sql(
  'turn_event_log.append',
  `WITH request AS (
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[], $5::bigint[])
       AS r (thread_id, turn_id, epoch, from_seq, to_seq)
   ), known AS (
     SELECT h.turn_id FROM thread_heads h
     JOIN request r ON h.thread_id = r.thread_id AND h.turn_id = r.turn_id AND h.epoch = r.epoch AND h.last_seq = r.to_seq
   ), moved AS (
     UPDATE thread_heads h SET last_seq = r.to_seq
     FROM request r
     WHERE h.thread_id = r.thread_id AND h.turn_id = r.turn_id AND h.epoch = r.epoch AND h.last_seq = r.from_seq
     RETURNING h.thread_id, h.turn_id
   ), written AS (
     INSERT INTO turn_events (thread_id, seq, turn_id, type, data, created_at, level)
     SELECT e.thread_id, e.seq, m.turn_id, e.type, e.data::json, e.created_at, e.level
     FROM unnest($6::uuid[], $7::bigint[], $8::text[], $9::text[], $10::timestamptz[], $12::smallint[])
       AS e (thread_id, seq, type, data, created_at, level)
     JOIN moved m ON m.thread_id = e.thread_id
   )
   SELECT turn_id FROM moved
   UNION ALL SELECT turn_id FROM known
   UNION ALL SELECT NULL FROM (SELECT pg_notify('${THREAD_LOG_CHANNEL}', $11)) AS notified`,
);

/** A page ends with the event that exceeds this, so that a reader who has stopped holds little memory. */
const MAX_PAGE_BYTES = 65_536;

const READ = sql(
  'turn_event_log.read',
  `SELECT seq::float8 AS seq, turn_id, type, data, created_at, level, total::float8 AS total,
     $2 = 0 OR EXISTS (SELECT 1 FROM turn_events WHERE thread_id = $1 AND seq = $2) AS continues
   FROM (
     SELECT seq, turn_id, type, data::text AS data, created_at, level,
       sum(octet_length(data::text)) OVER (ORDER BY seq) AS total, octet_length(data::text) AS own
     FROM (SELECT * FROM turn_events WHERE thread_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS page
   ) AS measured
   WHERE total - own < ${MAX_PAGE_BYTES} ORDER BY seq`,
);

const HEADS = sql(
  'turn_event_log.heads',
  'SELECT thread_id, last_seq::float8 AS last_seq FROM thread_heads WHERE thread_id = ANY($1::uuid[])',
);

interface EventRow {
  readonly seq: number;
  readonly turn_id: string;
  readonly type: TurnEventType;
  readonly data: string;
  readonly created_at: Date;
  readonly level: number | null;
  readonly total: number;
  /** Whether the event at the cursor is there: compaction keeps the last of those it merges, under its own sequence. */
  readonly continues: boolean;
}

/** A NOTIFY carries at most 8,000 bytes: so many thread ids of 36 characters fit beside the process's own. */
const MAX_REQUESTS = 200;

/** The log in Postgres: the appends of many writers are one statement. */
@Injectable()
export class PostgresTurnEventLog implements TurnEventLog {
  constructor(
    private readonly database: Database,
    @Inject(LOG_DATABASE) private readonly writing: Database,
  ) {}

  async append(requests: readonly AppendRequest[]): Promise<ReadonlySet<string>> {
    const taken = new Set<string>();
    for (let start = 0; start < requests.length; start += MAX_REQUESTS) {
      const rows = await this.writing.query<{ turn_id: string | null }>(
        APPEND,
        appendValues(requests.slice(start, start + MAX_REQUESTS)),
      );
      for (const { turn_id } of rows) if (turn_id !== null) taken.add(turn_id);
    }
    return taken;
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
      // Only pieces are merged; those that a reset took back are gone, and the reset follows whatever is kept of the turn.
      startsInside: rows[0]?.continues === false && isPiece(rows[0].type),
    };
  }

  async heads(threadIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.query<{ thread_id: string; last_seq: number }>(HEADS, [threadIds]);
    return new Map(rows.map(({ thread_id, last_seq }) => [thread_id, last_seq]));
  }
}

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
    requests.map(({ threadId }) => threadId),
    requests.map(({ turnId }) => turnId),
    requests.map(({ epoch }) => epoch),
    requests.map(({ fromSeq }) => fromSeq),
    requests.map(({ fromSeq, events: own }) => fromSeq + own.length),
    eventThreads,
    events.map(({ seq }) => seq),
    events.map(({ type }) => type),
    events.map(({ data }) => data),
    events.map(({ at }) => at),
    `${PROCESS_ID}:${requests.map(({ threadId }) => threadId).join(',')}`,
    events.map(({ level }) => level ?? null),
  ];
}
