import { Injectable } from '@nestjs/common';
import { AppError } from '../kernel/index.js';
import { ModelDirectory } from '../llm/index.js';
import { VERSION } from '../platform/config/index.js';
import { TurnGate } from '../turn/index.js';
import { Database, sql } from '../platform/database/index.js';

const PING = sql('health.ping', 'SELECT 1 AS ok');
const PING_MS = 2_000;

/** Looks after what the server stands on. */
@Injectable()
export class CheckHealth {
  constructor(
    private readonly database: Database,
    private readonly models: ModelDirectory,
    private readonly gate: TurnGate,
  ) {}

  /** Everything at once; answers whatever is down. */
  async report() {
    const isUp = await this.databaseIsUp();
    return {
      status: isUp ? ('ok' as const) : ('degraded' as const),
      server: 'threadline',
      version: VERSION,
      connected_servers: [],
      llm_providers: this.models.configured(),
      current_provider: this.models.current(),
      database: isUp ? ('up' as const) : ('down' as const),
      uptimeSeconds: Math.floor(process.uptime()),
    };
  }

  /** Throws `SHUTTING_DOWN`, or `INTERNAL`, retryable, while the database cannot be reached. */
  async ready() {
    this.gate.check();
    if (await this.databaseIsUp()) return { status: 'ok' as const };
    throw new AppError('INTERNAL', 'The database cannot be reached right now.', { retryable: true });
  }

  private async databaseIsUp(): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), PING_MS);
    const answered = this.database.query(PING).then(
      () => true,
      () => false,
    );
    const isUp = await Promise.race([answered, late]);
    clearTimeout(timer);
    return isUp;
  }
}
