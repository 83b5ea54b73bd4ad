import { Inject, Injectable } from '@nestjs/common';
import { AppError, withTimeout } from '../kernel/index.js';
import { ModelDirectory } from '../llm/index.js';
import { LIVE_LOG, type LiveLog } from '../log/index.js';
import { CONFIG, VERSION, type Config } from '../platform/config/index.js';
import { Database, Listener, Peers } from '../platform/database/index.js';
import { TOOL_SERVERS, type ToolServers } from '../tool/index.js';
import { Heartbeat, DrainState } from '../turn/index.js';
import { PING } from './health-statements.js';

const PING_MS = 2_000;

/** Checks what the server depends on. */
@Injectable()
export class CheckHealth {
  constructor(
    private readonly database: Database,
    private readonly models: ModelDirectory,
    private readonly drainState: DrainState,
    private readonly heartbeat: Heartbeat,
    private readonly listener: Listener,
    private readonly peers: Peers,
    @Inject(LIVE_LOG) private readonly live: Pick<LiveLog, 'state'>,
    @Inject(TOOL_SERVERS) private readonly toolServers: Pick<ToolServers, 'connected'>,
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
  ) {}

  /** Checks everything at once; answers even if something is down. */
  async report() {
    const isUp = await this.databaseIsUp();
    const redis = this.live.state;
    const isListening = this.listener.isUp;
    // Without Redis or notifications everything works over the database, only slower; without a process that runs turns
    // they wait.
    const isWell = isUp && isListening && redis !== 'down' && (await this.turnsAreRun());
    return {
      status: isWell ? ('ok' as const) : ('degraded' as const),
      server: 'threadline',
      version: VERSION,
      connected_servers: [...this.toolServers.connected()],
      llm_providers: this.models.configured(),
      current_provider: this.models.current(),
      database: isUp ? ('up' as const) : ('down' as const),
      listener: isListening ? ('up' as const) : ('down' as const),
      ...(redis === 'off' ? {} : { redis }),
      uptimeSeconds: Math.floor(process.uptime()),
    };
  }

  /** Throws `INTERNAL`, retryable, if no heartbeat has reached the database for as long as a lease. */
  alive() {
    if (this.heartbeat.isBeating) return { status: 'ok' as const };
    throw new AppError('INTERNAL', 'The heartbeats of this process have stopped.', { retryable: true });
  }

  /** Throws `SHUTTING_DOWN`, or `INTERNAL`, retryable, while the database cannot be reached. */
  async ready() {
    this.drainState.throwIfDraining();
    this.alive();
    if (await this.databaseIsUp()) return { status: 'ok' as const };
    throw new AppError('INTERNAL', 'The database cannot be reached right now.', { retryable: true });
  }

  private async turnsAreRun(): Promise<boolean> {
    return this.config.ROLE !== 'api' || this.peers.hasOtherRunners().catch(() => false);
  }

  private databaseIsUp(): Promise<boolean> {
    return withTimeout(PING_MS, this.database.query(PING)).then(
      () => true,
      () => false,
    );
  }
}
