import { Inject, Injectable } from '@nestjs/common';
import { PROCESS_ID } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Database, Listener } from '../../platform/database/index.js';
import type { Peers } from '../ports/peers.js';
import * as statements from './lease-statements.js';

/** A row a process, renewed with every heartbeat, and a lock that it holds for as long as it is connected. */
@Injectable()
export class PostgresPeers implements Peers {
  constructor(
    private readonly database: Database,
    private readonly listener: Listener,
    @Inject(CONFIG) private readonly config: Pick<Config, 'TURN_LEASE'>,
  ) {}

  async seen(runsTurns: boolean): Promise<void> {
    await this.listener.hold(PROCESS_ID);
    await this.database.query(statements.PROCESS_SEEN, [PROCESS_ID, runsTurns]);
  }

  async leave(): Promise<void> {
    await this.database.query(statements.PROCESS_LEFT, [PROCESS_ID]);
  }

  othersRunTurns(): Promise<boolean> {
    return this.others(true);
  }

  othersAreThere(): Promise<boolean> {
    return this.others(false);
  }

  private async others(onlyRunners: boolean): Promise<boolean> {
    const values = [PROCESS_ID, this.config.TURN_LEASE, onlyRunners];
    return (await this.database.query(statements.OTHERS, values)).length > 0;
  }
}
