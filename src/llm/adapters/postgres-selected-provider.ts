import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database, Listener, sql } from '../../platform/database/index.js';
import type {
  SelectedProvider,
  SelectedProviders,
  SelectedProviderStore,
} from '../ports/selected-provider.js';

/** The payload says nothing: whoever is woken reads what has changed. */
const CHANNEL = 'llm_selected_provider';
/** The net under lost notifications. */
const POLL_MS = 30_000;

/**
 * The choice for all stands among the settings, where former releases look for it. A minute is read again, because
 * what was begun earlier may have been committed later.
 */
const READ = sql(
  'llm.selected_provider.read',
  `SELECT read.as_of, chosen.org_id, chosen.provider
   FROM (SELECT now() AS as_of) AS read
   LEFT JOIN (
     SELECT NULL AS org_id, value AS provider FROM llm_settings WHERE key = 'selected_provider'
     UNION ALL
     SELECT org_id, provider FROM llm_selected_providers
     WHERE updated_at > coalesce($1::timestamptz - interval '1 minute', '-infinity')
   ) AS chosen ON true`,
);

/** Notified with the commit, so that whoever is woken reads the new value. */
const WRITE_FOR_ALL = sql(
  'llm.selected_provider.write_for_all',
  `WITH kept AS (
     INSERT INTO llm_settings (key, value) VALUES ('selected_provider', $1::text)
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now()
     RETURNING value
   )
   SELECT pg_notify('${CHANNEL}', '') FROM kept`,
);

const WRITE = sql(
  'llm.selected_provider.write',
  `WITH kept AS (
     INSERT INTO llm_selected_providers (org_id, provider) VALUES ($1, $2)
     ON CONFLICT (org_id) DO UPDATE SET provider = EXCLUDED.provider, updated_at = now()
     RETURNING provider
   )
   SELECT pg_notify('${CHANNEL}', '') FROM kept`,
);

interface Row {
  readonly as_of: Date;
  readonly org_id: string | null;
  readonly provider: string | null;
}

/** The choices in rows of their own, told to the other processes by NOTIFY. */
@Injectable()
export class PostgresSelectedProvider implements SelectedProviderStore, OnModuleDestroy {
  private readonly handlers: (() => void)[] = [];
  private poll: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly listener: Listener,
  ) {}

  async read(since: Date | undefined): Promise<SelectedProviders> {
    const rows = await this.database.query<Row>(READ, [since ?? null]);
    const selected = rows.flatMap(({ org_id, provider }) =>
      provider === null ? [] : [{ org: org_id ?? undefined, provider }],
    );
    return { selected, asOf: rows[0]!.as_of };
  }

  async write({ org, provider }: SelectedProvider): Promise<void> {
    if (org === undefined) await this.database.query(WRITE_FOR_ALL, [provider]);
    else await this.database.query(WRITE, [org, provider]);
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
