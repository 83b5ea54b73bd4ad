import { Logger } from '@nestjs/common';
import pg from 'pg';
import { withTimeout } from '../../kernel/index.js';
import { PoolGroup } from './pool-group.js';
import { HOLD_LOCK } from './lock-statements.js';
import { clientOptions } from './pool-options.js';
import { destroy } from './session-pool.js';
import { prepareSession } from './session.js';

type Handler = (payload: string) => void;

const RECONNECT_MS = 500;
/** How often the connection is checked: the absence of notifications says nothing. */
const CHECK_MS = 2_000;
const QUESTION = 'SELECT 1';
/** How long the answer to that may take, with what stands in line before it. */
const ANSWER_MS = 2_500;

/**
 * One connection that LISTENs for the whole process. Notifications only wake their handlers, which read by cursor, so a
 * lost one causes a delay, not data loss. After a reconnection every handler is called with `''`: anything may have
 * happened meanwhile.
 */
export class Listener {
  private readonly logger = new Logger(Listener.name);
  private readonly handlers = new Map<string, Handler>();
  private readonly locks = new Set<string>();
  private client: pg.Client | undefined;
  /** What the connection was asked last: it is asked one thing at a time. */
  private line: Promise<unknown> = Promise.resolve();
  private isReady = false;
  private retry: NodeJS.Timeout | undefined;
  private check: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly connectionString: string,
    private readonly link: PoolGroup = new PoolGroup(),
  ) {}

  /** Whether notifications are received: the connection has responded within the last few seconds. */
  get isUp(): boolean {
    return this.isReady;
  }

  /** Calls the handler with the payload of every notification on the channel, from now on. */
  async listen(channel: string, handler: Handler): Promise<void> {
    this.handlers.set(channel, handler);
    if (this.client === undefined) await this.connect();
    else await this.inLine(this.client, `LISTEN "${channel}"`);
  }

  /** Stops listening on the channel. */
  unlisten(channel: string): void {
    this.handlers.delete(channel);
    // If the connection is lost, so are its subscriptions.
    if (this.client !== undefined) this.inLine(this.client, `UNLISTEN "${channel}"`).catch(() => undefined);
  }

  /**
   * Holds the lock of that name while this process is connected, however it ends; others check it with {@link
   * isLockHeld}. The server may keep the session of a dead connection for a while, so a held lock means only that the
   * process may be running.
   */
  async hold(name: string): Promise<void> {
    if (this.locks.has(name)) return;
    this.locks.add(name);
    if (this.client === undefined) await this.connect();
    else await this.inLine(this.client, HOLD_LOCK.text, [name]);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    clearInterval(this.check);
    const { client } = this;
    if (client === undefined) return;
    if (this.isReady) await client.end().catch(() => undefined);
    else destroy(client);
  }

  private async connect(): Promise<void> {
    const client = new pg.Client(clientOptions(this.connectionString, 'listener'));
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    client.on('notification', ({ channel, payload }) => this.handlers.get(channel)?.(payload ?? ''));
    this.client = client;
    const opened = this.open(client);
    this.line = opened.catch(() => undefined);
    try {
      await opened;
    } catch (error) {
      this.lost(client);
      throw error;
    }
    if (this.client !== client) throw new Error('Connection terminated while it was being made');
    this.isReady = true;
    clearInterval(this.check);
    this.check = setInterval(() => this.ask(client), CHECK_MS).unref();
  }

  private async open(client: pg.Client): Promise<void> {
    await client.connect();
    await prepareSession(client, 'listener');
    for (const name of this.locks) await client.query(HOLD_LOCK.text, [name]);
    for (const channel of this.handlers.keys()) await client.query(`LISTEN "${channel}"`);
  }

  private inLine(client: pg.Client, text: string, values: readonly string[] = []): Promise<unknown> {
    const asked = this.line.then(() => {
      if (this.client !== client) throw new Error('Connection terminated before it was asked');
      return client.query(text, [...values]);
    });
    this.line = asked.catch(() => undefined);
    return asked;
  }

  /** A connection that does not respond in time is dead, and the process's other connections probably are as well. */
  private ask(client: pg.Client): void {
    withTimeout(ANSWER_MS, this.inLine(client, QUESTION)).catch(() => {
      if (this.client !== client) return;
      this.lost(client);
      this.link.reportLost();
    });
  }

  private lost(client: pg.Client): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    clearInterval(this.check);
    client.removeAllListeners();
    client.on('error', () => undefined);
    destroy(client);
    if (this.isReady)
      this.logger.warn('The listening connection was lost; reading by polling until it is back.');
    this.isReady = false;
    this.scheduleReconnect();
  }

  private scheduleReconnect(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      if (this.client !== undefined) return;
      this.connect().then(
        () => this.handlers.forEach((handler) => handler('')),
        // Lost again; another reconnection is scheduled.
        () => undefined,
      );
    }, RECONNECT_MS);
    this.retry.unref();
  }
}
