import { Inject, Injectable } from '@nestjs/common';
import { PROCESS_ID } from '../../kernel/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { Database } from './database.js';
import { Listener } from './listener.js';
import * as statements from './peer-statements.js';

/**
 * The processes that share the database: each has a row, updated with every heartbeat, and a lock that it holds while
 * it is connected.
 */
@Injectable()
export class Peers {
  constructor(
    private readonly database: Database,
    private readonly listener: Listener,
    @Inject(CONFIG) private readonly config: Pick<Config, 'TURN_LEASE'>,
  ) {}

  /** Registers this process, and whether it runs turns. */
  async announce(runsTurns: boolean): Promise<void> {
    await this.listener.hold(PROCESS_ID);
    await this.database.query(statements.SEEN, [PROCESS_ID, runsTurns]);
  }

  /** Unregisters this process: no turns are handed over to it any more. */
  async signOff(): Promise<void> {
    await this.database.query(statements.LEFT, [PROCESS_ID]);
  }

  /** Whether another process that runs turns is alive: it is connected, and was seen lately. */
  hasOtherRunners(): Promise<boolean> {
    return this.others(true);
  }

  /** The same for any process, including those without turns. */
  hasOthers(): Promise<boolean> {
    return this.others(false);
  }

  /** Removes processes that stopped long ago. */
  async forgetStopped(): Promise<void> {
    await this.database.query(statements.FORGET);
  }

  private async others(onlyRunners: boolean): Promise<boolean> {
    const values = [PROCESS_ID, this.config.TURN_LEASE, onlyRunners];
    return (await this.database.query(statements.OTHERS, values)).length > 0;
  }
}
