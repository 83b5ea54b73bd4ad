import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database, Listener, sql } from '../../platform/database/index.js';
import type { SelectedProviderStore } from '../ports/selected-provider.js';

/** Payload: the provider's name. */
const CHANNEL = 'llm_selected_provider';
/** The net under lost notifications. */
const POLL_MS = 30_000;

const READ = sql(
  'llm.selected_provider.read',
  `SELECT value FROM llm_settings WHERE key = 'selected_provider'`,
);

/** Notified with the commit, so that whoever is woken reads the new value. */
const WRITE = sql(
  'llm.selected_provider.write',
  `WITH kept AS (
     INSERT INTO llm_settings (key, value) VALUES ('selected_provider', $1::text)
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now()
     RETURNING value
   )
   SELECT pg_notify('${CHANNEL}', value) FROM kept`,
);

/** The choice in a row of its own, told to the other processes by NOTIFY. */
@Injectable()
export class PostgresSelectedProvider implements SelectedProviderStore, OnModuleDestroy {
  private readonly handlers: (() => void)[] = [];
  private poll: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly listener: Listener,
  ) {}

  async read(): Promise<string | undefined> {
    const [row] = await this.database.query<{ readonly value: string }>(READ);
    return row?.value;
  }

  async write(provider: string): Promise<void> {
    await this.database.query(WRITE, [provider]);
  }

  async onChanged(changed: () => void): Promise<void> {
    this.handlers.push(changed);
    // A channel has one handler, and one poll is enough for everybody.
    if (this.handlers.length > 1) return;
    const tellAll = () => this.handlers.forEach((handler) => handler());
    this.poll = setInterval(tellAll, POLL_MS);
    this.poll.unref();
    await this.listener.listen(CHANNEL, tellAll);
  }

  onModuleDestroy(): void {
    clearInterval(this.poll);
  }
}
