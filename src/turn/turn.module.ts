import {
  Global,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type Type,
} from '@nestjs/common';
import { JobsModule } from '../platform/jobs/index.js';
import { JobTurnQueue, TURN_JOB } from './adapters/job-turn-queue.js';
import { PostgresTurnSignals } from './adapters/postgres-turn-signals.js';
import { PostgresTurnStore } from './adapters/postgres-turn-store.js';
import { CancelTurn } from './app/cancel-turn.js';
import { DrainTurns } from './app/drain-turns.js';
import { PollTurns } from './app/poll-turns.js';
import { Heartbeat } from './app/heartbeat.js';
import { Housekeeping } from './app/housekeeping.js';
import { StartTurnProcessing } from './app/start-turn-processing.js';
import { QueuedTurns } from './app/queued-turns.js';
import { StartTurn } from './app/start-turn.js';
import { AnswerInput } from './app/answer-input.js';
import { EXPIRE_INPUTS_JOB, ExpireInputs } from './app/expire-inputs.js';
import { InputMetrics } from './app/input-metrics.js';
import { PostgresInputStore } from './adapters/postgres-input-store.js';
import { INPUT_STORE } from './ports/input-store.js';
import { StatelessTurns } from './app/stateless-turns.js';
import { TurnRecovery } from './app/turn-recovery.js';
import { SWEEP_TURNS_JOB, SweepTurns } from './app/sweep-turns.js';
import { DrainState } from './app/drain-state.js';
import { TurnMetrics } from './app/turn-metrics.js';
import { TurnCapacity } from './app/turn-capacity.js';
import { TurnRunner } from './app/turn-runner.js';
import { TURN_EXECUTOR, type TurnExecutor } from './ports/turn-executor.js';
import { TURN_QUEUE } from './ports/turn-queue.js';
import { TURN_SIGNALS } from './ports/turn-signals.js';
import { TURN_STORE } from './ports/turn-store.js';

const ALONE = Symbol('Alone');

export interface TurnModuleOptions {
  /** The module that exports the executor. */
  readonly module: Type;
  readonly executor: Type<TurnExecutor>;
  /** No other process uses this database: turns that are running in it were abandoned by a dead process. */
  readonly alone: boolean;
}

/** Turns: accepting them, running them under a lease, and storing how they end. */
@Global()
@Module({})
export class TurnModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly turns: StartTurnProcessing,
    private readonly drain: DrainTurns,
    @Inject(ALONE) private readonly alone: boolean,
  ) {}

  static with({ module, executor, alone }: TurnModuleOptions): DynamicModule {
    return {
      module: TurnModule,
      imports: [module, JobsModule.kinds(TURN_JOB, SWEEP_TURNS_JOB, EXPIRE_INPUTS_JOB)],
      providers: [
        { provide: TURN_EXECUTOR, useExisting: executor },
        { provide: TURN_SIGNALS, useClass: PostgresTurnSignals },
        { provide: TURN_STORE, useClass: PostgresTurnStore },
        { provide: INPUT_STORE, useClass: PostgresInputStore },
        { provide: TURN_QUEUE, useClass: JobTurnQueue },
        { provide: ALONE, useValue: alone },
        AnswerInput,
        CancelTurn,
        DrainTurns,
        ExpireInputs,
        InputMetrics,
        PollTurns,
        Heartbeat,
        Housekeeping,
        StartTurnProcessing,
        QueuedTurns,
        StartTurn,
        StatelessTurns,
        SweepTurns,
        TurnRecovery,
        DrainState,
        TurnMetrics,
        TurnCapacity,
        TurnRunner,
      ],
      exports: [
        INPUT_STORE,
        TURN_STORE,
        AnswerInput,
        CancelTurn,
        DrainTurns,
        Heartbeat,
        StartTurn,
        StatelessTurns,
        DrainState,
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.turns.open(this.alone);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.drain.drain(0);
  }
}
