import { Logger } from '@nestjs/common';
import pg from 'pg';
import { HOLD_LOCK } from './session-lock.js';

type Handler = (payload: string) => void;

const RECONNECT_MS = 500;

/**
 * One connection that LISTENs for the whole process. Notifications only wake; whoever is woken reads by
 * cursor, so a lost one costs time, not data. After a lost connection every handler is called with `''`,
 * which means: anything may have happened.
 */
export class Listener {
  private readonly logger = new Logger(Listener.name);
  private readonly handlers = new Map<string, Handler>();
  private readonly locks = new Set<string>();
  private client: pg.Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly connectionString: string) {}

  /** Calls the handler with the payload of every notification on the channel, from now on. */
  async listen(channel: string, handler: Handler): Promise<void> {
    this.handlers.set(channel, handler);
    if (this.client === undefined) await this.connect();
    else await this.client.query(`LISTEN "${channel}"`);
  }

  /**
   * Holds the lock of that name for as long as this process is connected, however it ends; others see it with
   * {@link isLockHeld}.
   */
  async hold(name: string): Promise<void> {
    if (this.locks.has(name)) return;
    this.locks.add(name);
    if (this.client === undefined) await this.connect();
    else await this.client.query(HOLD_LOCK.text, [name]);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.connectionString,
      application_name: 'threadline-listener',
      keepAlive: true,
    });
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    client.on('notification', ({ channel, payload }) => this.handlers.get(channel)?.(payload ?? ''));
    this.client = client;
    await client.connect();
    for (const name of this.locks) await client.query(HOLD_LOCK.text, [name]);
    for (const channel of this.handlers.keys()) await client.query(`LISTEN "${channel}"`);
  }

  private lost(client: pg.Client): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    client.removeAllListeners();
    client.on('error', () => undefined);
    client.end().catch(() => undefined);
    this.logger.warn('The listening connection was lost; reading by polling until it is back.');
    this.scheduleReconnect();
  }

  private scheduleReconnect(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      this.connect().then(
        () => this.handlers.forEach((handler) => handler('')),
        () => {
          this.client = undefined;
          if (!this.closed) this.scheduleReconnect();
        },
      );
    }, RECONNECT_MS);
    this.retry.unref();
  }
}
