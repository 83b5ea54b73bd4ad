import {
  Global,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type Type,
} from '@nestjs/common';
import { PostgresTurnEventLog } from './adapters/postgres-turn-event-log.js';
import { PostgresTurnSignals } from './adapters/postgres-turn-signals.js';
import { PostgresTurnStore } from './adapters/postgres-turn-store.js';
import { CancelTurn } from './app/cancel-turn.js';
import { DrainTurns } from './app/drain-turns.js';
import { GroupCommit } from './app/group-commit.js';
import { KeepTurns } from './app/keep-turns.js';
import { StartTurn } from './app/start-turn.js';
import { StatelessTurns } from './app/stateless-turns.js';
import { ThreadFeeds } from './app/thread-feeds.js';
import { TurnGate } from './app/turn-gate.js';
import { TurnRunner } from './app/turn-runner.js';
import { WatchThread } from './app/watch-thread.js';
import { TURN_EVENT_LOG } from './ports/turn-event-log.js';
import { TURN_EXECUTOR, type TurnExecutor } from './ports/turn-executor.js';
import { TURN_SIGNALS } from './ports/turn-signals.js';
import { TURN_STORE } from './ports/turn-store.js';

const ALONE = Symbol('Alone');

export interface TurnModuleOptions {
  /** The module that exports the executor. */
  readonly module: Type;
  readonly executor: Type<TurnExecutor>;
  /** No other process has this database: turns found running in it were left behind by a dead one. */
  readonly alone: boolean;
}

/** Turns: accepted, run under a lease, written down as a log, and watched. */
@Global()
@Module({})
export class TurnModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly keep: KeepTurns,
    private readonly drain: DrainTurns,
    @Inject(ALONE) private readonly alone: boolean,
  ) {}

  static with({ module, executor, alone }: TurnModuleOptions): DynamicModule {
    return {
      module: TurnModule,
      imports: [module],
      providers: [
        { provide: TURN_EXECUTOR, useExisting: executor },
        { provide: TURN_EVENT_LOG, useClass: PostgresTurnEventLog },
        { provide: TURN_SIGNALS, useClass: PostgresTurnSignals },
        { provide: TURN_STORE, useClass: PostgresTurnStore },
        { provide: ALONE, useValue: alone },
        CancelTurn,
        DrainTurns,
        GroupCommit,
        KeepTurns,
        StartTurn,
        StatelessTurns,
        ThreadFeeds,
        TurnGate,
        TurnRunner,
        WatchThread,
      ],
      exports: [
        TURN_STORE,
        CancelTurn,
        DrainTurns,
        StartTurn,
        StatelessTurns,
        ThreadFeeds,
        TurnGate,
        WatchThread,
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.keep.start(this.alone);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.drain.drain(0);
  }
}
