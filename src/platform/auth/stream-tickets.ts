import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { z } from 'zod';
import { AppError, CLEARANCES, type Caller, type Person } from '../../kernel/index.js';
import { Database, type Sql } from '../database/index.js';
import { CLOCK_TOLERANCE_SECONDS } from './claims.js';
import { OWNED_THREAD_SQL, type OwnedThreadSql } from './owned-thread-sql.js';
import {
  IS_HELD,
  issueTicket,
  OPEN,
  PEEK,
  RELEASE,
  REMOVE_OF,
  REOPEN,
  HEARTBEAT,
} from './ticket-statements.js';

/** A ticket in clear text, known to its owner alone, and the time by which it must be used first (ISO 8601). */
export interface StreamTicket {
  readonly ticket: string;
  readonly expiresAt: string;
}

/** The ticket of a request for a stream. */
export interface PresentedTicket {
  readonly ticket: string;
  readonly threadId: string;
  /** Whether the client sends its position: only a request that does is a reconnection. */
  readonly isReconnection: boolean;
  readonly userAgent: string | undefined;
}

/** The caller of the ticket, and a function to call when its stream is closed. */
export interface OpenedTicket {
  readonly caller: Caller;
  readonly release: () => void;
}

const MAX_LIVE_TICKETS = 100;
/** The most tickets of one user that can be reused. */
const MAX_OPENED_TICKETS = 500;
const RETRY_AFTER_SECONDS = 5;
const TICKET = /^[A-Za-z0-9_-]{43}$/;
const THREAD_ID = z.guid();
/** A process holds its tickets for this long after its last heartbeat. */
const HOLD_SECONDS = 10;
const HEARTBEAT_MS = 3_000;
/** How long to wait for a stream that has just been closed, in this process and in others. */
const CLOSING_MS = { here: 500, elsewhere: HOLD_SECONDS * 1_000 + 1_000 };
const POLL_MS = 250;

const storedCaller = z.object({
  id: z.string(),
  org: z.string(),
  roles: z.array(z.string()),
  clearance: z.enum(CLEARANCES),
  name: z.string().optional(),
  email: z.string().optional(),
  expiresAt: z.number().optional(),
});

/**
 * Tickets for the stream of one thread, for `EventSource`, which cannot send a header. Each opens one stream at a time:
 * first within thirty seconds, and again after that stream was closed, as long as the token is valid with which it was
 * requested. Only hashes are stored, so that the table gives no access.
 */
@Injectable()
export class StreamTickets implements OnModuleDestroy {
  private readonly process: string = randomUUID();
  /** The hashes of the tickets whose streams are open in this process. */
  private readonly open = new Set<string>();
  /** Tickets that are being opened in this process, so that only one of two concurrent requests succeeds. */
  private readonly opening = new Set<string>();
  private readonly releasing = new Map<string, Promise<unknown>>();
  private heartbeat: NodeJS.Timeout | undefined;
  private readonly issueStatement: Sql;

  constructor(
    private readonly database: Database,
    @Inject(OWNED_THREAD_SQL) ownedThread: OwnedThreadSql,
  ) {
    this.issueStatement = issueTicket(ownedThread);
  }

  /**
   * Issues a ticket to be used within thirty seconds. Throws `NOT_FOUND` unless the thread is the caller's, and
   * `RATE_LIMITED` while a hundred of the caller's tickets are unused.
   */
  async issue(caller: Caller, threadId: string): Promise<StreamTicket> {
    const ticket = randomBytes(32).toString('base64url');
    // A stream does not need the operator role.
    const stored = { ...caller, roles: caller.roles.filter((role) => role !== 'operator') };
    const end = caller.expiresAt === undefined ? null : caller.expiresAt / 1_000 - CLOCK_TOLERANCE_SECONDS;
    const [row] = await this.database.query<{ owned: boolean; expires_at: Date | null }>(
      this.issueStatement,
      [
        hashOf(ticket),
        JSON.stringify(stored),
        caller.org,
        caller.id,
        threadId,
        MAX_LIVE_TICKETS,
        end === null ? null : Math.min(end, FAR_FUTURE_SECONDS),
        MAX_OPENED_TICKETS,
      ],
    );
    if (!row?.owned) throw new AppError('NOT_FOUND', 'There is no such thread.');
    if (row.expires_at === null) {
      throw new AppError(
        'RATE_LIMITED',
        'Too many tickets are still unused. Use one, or wait for them to expire.',
        { retryAfter: RETRY_AFTER_SECONDS, details: { limit: MAX_LIVE_TICKETS } },
      );
    }
    return { ticket, expiresAt: row.expires_at.toISOString() };
  }

  /** Uses the ticket for a stream; `undefined` if it is not valid for this thread now. */
  async redeem(presented: PresentedTicket): Promise<OpenedTicket | undefined> {
    if (!isWellFormed(presented)) return undefined;
    const hash = hashOf(presented.ticket);
    const name = hash.toString('base64');
    if (this.opening.has(name)) return undefined;
    this.opening.add(name);
    try {
      await Promise.all([this.startHeartbeat(), this.releasing.get(name)]);
      const agent = presented.userAgent === undefined ? null : hashOf(presented.userAgent);
      const values = [hash, presented.threadId, this.process, agent];
      const [first] = await this.database.query<{ caller: unknown }>(OPEN, values);
      const stored = first ?? (presented.isReconnection ? await this.reopened(name, values) : undefined);
      if (stored === undefined) return undefined;
      this.open.add(name);
      return { caller: callerFrom(stored.caller), release: () => this.release(name, hash) };
    } finally {
      this.opening.delete(name);
    }
  }

  /** The caller of a ticket that could open a stream, without using it. */
  async peek({
    ticket,
    threadId,
  }: Pick<PresentedTicket, 'ticket' | 'threadId'>): Promise<Caller | undefined> {
    if (!isWellFormed({ ticket, threadId })) return undefined;
    const [row] = await this.database.query<{ caller: unknown }>(PEEK, [hashOf(ticket), threadId]);
    return row === undefined ? undefined : callerFrom(row.caller);
  }

  /** Removes all tickets of the user. */
  async removeOf({ org, id }: Person): Promise<void> {
    await this.database.query(REMOVE_OF, [org, id]);
  }

  onModuleDestroy(): void {
    clearInterval(this.heartbeat);
  }

  /**
   * Waits a while for the previous stream to be closed: its end may not have been processed yet, or its process has
   * just died.
   */
  private async reopened(name: string, values: readonly unknown[]): Promise<{ caller: unknown } | undefined> {
    const started = performance.now();
    for (;;) {
      await this.releasing.get(name);
      const isHere = this.open.has(name);
      const [row] = await this.database.query<{ caller: unknown }>(REOPEN, [...values, isHere]);
      if (row !== undefined) return row;
      const patience = isHere ? CLOSING_MS.here : CLOSING_MS.elsewhere;
      if (performance.now() - started > patience) return undefined;
      if ((await this.database.query(IS_HELD, [...values])).length === 0) return undefined;
      await pause(POLL_MS);
    }
  }

  private release(name: string, hash: Buffer): void {
    this.open.delete(name);
    // If this is lost, the ticket is free in this process nevertheless, and in others once this process has ended.
    const released = this.database
      .query(RELEASE, [hash, this.process])
      .catch(() => undefined)
      .finally(() => this.releasing.delete(name));
    this.releasing.set(name, released);
  }

  /** Sends a heartbeat before the first ticket is held, and then every few seconds while any is. */
  private async startHeartbeat(): Promise<void> {
    if (this.heartbeat !== undefined) return;
    const sign = () => this.database.query(HEARTBEAT, [this.process, HOLD_SECONDS]);
    await sign();
    this.heartbeat ??= setInterval(() => {
      if (this.open.size > 0 || this.opening.size > 0) return void sign().catch(() => undefined);
      clearInterval(this.heartbeat);
      this.heartbeat = undefined;
    }, HEARTBEAT_MS).unref();
  }
}

/** The year 9999, near Postgres's maximum time. */
const FAR_FUTURE_SECONDS = 253_370_764_800;

function isWellFormed({ ticket, threadId }: Pick<PresentedTicket, 'ticket' | 'threadId'>): boolean {
  return TICKET.test(ticket) && THREAD_ID.safeParse(threadId).success;
}

function callerFrom(stored: unknown): Caller {
  const { expiresAt, ...caller } = storedCaller.parse(stored);
  const end = expiresAt === undefined ? {} : { expiresAt };
  return { ...caller, name: caller.name, email: caller.email, ...end };
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
