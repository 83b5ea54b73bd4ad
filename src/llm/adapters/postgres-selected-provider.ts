import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database, Listener } from '../../platform/database/index.js';
import type {
  SelectedProvider,
  SelectedProviders,
  SelectedProviderStore,
} from '../ports/selected-provider.js';
import { READ, SELECTED_PROVIDER_CHANNEL, WRITE, WRITE_FOR_ALL } from './selected-provider-statements.js';

/** The fallback for notifications that were lost. */
const POLL_MS = 30_000;

interface Row {
  readonly as_of: Date;
  readonly org_id: string | null;
  readonly provider: string | null;
}

/** Stores each selection in a row; NOTIFY tells the other processes. */
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
    // A channel has one handler, and one poll serves all of them.
    if (this.handlers.length > 1) return;
    const tellAll = () => this.handlers.forEach((handler) => handler());
    this.poll = setInterval(tellAll, POLL_MS);
    this.poll.unref();
    await this.listener.listen(SELECTED_PROVIDER_CHANNEL, tellAll);
  }

  onModuleDestroy(): void {
    clearInterval(this.poll);
  }
}
