import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AppError, CLEARANCES, ROLES, type Caller } from '../../kernel/index.js';
import { Database, sql } from '../database/index.js';

/** A ticket in the clear, known to its owner alone, and when it stops working (ISO 8601). */
export interface StreamTicket {
  readonly ticket: string;
  readonly expiresAt: string;
}

const MAX_LIVE_TICKETS = 100;
const RETRY_AFTER_SECONDS = 5;
const TICKET = /^[A-Za-z0-9_-]{43}$/;
const THREAD_ID = z.guid();

const storedCaller = z.object({
  id: z.string(),
  org: z.string(),
  roles: z.array(z.enum(ROLES)),
  clearance: z.enum(CLEARANCES),
  name: z.string().optional(),
  email: z.string().optional(),
});

/**
 * Sweeps what has expired (some at a time, never waiting for another sweep), then issues a ticket if the thread is
 * the caller's and not too many are out. Two that are issued at the same instant do not count each other.
 */
const ISSUE = sql(
  'stream-tickets.issue',
  `WITH swept AS (
     DELETE FROM stream_tickets WHERE hash IN (
       SELECT hash FROM stream_tickets WHERE expires_at <= now() LIMIT 500 FOR UPDATE SKIP LOCKED)
   ), thread AS (
     SELECT id FROM threads WHERE id = $5 AND org_id = $3 AND user_id = $4
   ), live AS (
     SELECT count(*) AS tickets FROM stream_tickets WHERE org_id = $3 AND user_id = $4 AND expires_at > now()
   ), issued AS (
     INSERT INTO stream_tickets (hash, caller, org_id, user_id, thread_id, expires_at)
     SELECT $1, $2, $3, $4, thread.id, now() + interval '30 seconds' FROM thread, live WHERE live.tickets < $6
     RETURNING expires_at
   )
   SELECT EXISTS (SELECT FROM thread) AS owned, (SELECT expires_at FROM issued) AS expires_at`,
);

const REDEEM = sql(
  'stream-tickets.redeem',
  `DELETE FROM stream_tickets WHERE hash = $1 AND thread_id = $2 AND expires_at > now() RETURNING caller`,
);

/**
 * One-use tickets for the stream of one thread, for `EventSource`, which cannot send a header. Only their hashes
 * are stored, so that reading the table lets nobody in.
 */
@Injectable()
export class PostgresStreamTickets {
  constructor(private readonly database: Database) {}

  /**
   * A ticket that works once, for thirty seconds. Throws `NOT_FOUND` unless the thread is the caller's, and
   * `RATE_LIMITED` while a hundred of the caller's are still unused.
   */
  async issue(caller: Caller, threadId: string): Promise<StreamTicket> {
    const ticket = randomBytes(32).toString('base64url');
    const [row] = await this.database.query<{ owned: boolean; expires_at: Date | null }>(ISSUE, [
      hashOf(ticket),
      JSON.stringify(caller),
      caller.org,
      caller.id,
      threadId,
      MAX_LIVE_TICKETS,
    ]);
    if (!row?.owned) throw new AppError('NOT_FOUND', 'There is no such thread.');
    if (row.expires_at === null) {
      throw new AppError(
        'RATE_LIMITED',
        'Too many tickets are still unused. Use one, or wait for them to expire.',
        {
          retryAfter: RETRY_AFTER_SECONDS,
          details: { limit: MAX_LIVE_TICKETS },
        },
      );
    }
    return { ticket, expiresAt: row.expires_at.toISOString() };
  }

  /** Takes the ticket and says whose it was; `undefined` if it was not good for this thread at this moment. */
  async redeem(ticket: string, threadId: string): Promise<Caller | undefined> {
    if (!TICKET.test(ticket) || !THREAD_ID.safeParse(threadId).success) return undefined;
    const [row] = await this.database.query<{ caller: unknown }>(REDEEM, [hashOf(ticket), threadId]);
    if (row === undefined) return undefined;
    const caller = storedCaller.parse(row.caller);
    return { ...caller, name: caller.name, email: caller.email };
  }
}

function hashOf(ticket: string): Buffer {
  return createHash('sha256').update(ticket).digest();
}
