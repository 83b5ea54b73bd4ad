import {
  Logger,
  Module,
  type DynamicModule,
  type INestApplicationContext,
  type Provider,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { inspect } from 'node:util';
import { ConfigModule, loadConfig } from '../../src/platform/config/index.js';
import { JobQueue, JobsModule, type JobKind } from '../../src/platform/jobs/index.js';
import { TelemetryModule } from '../../src/platform/telemetry/index.js';
import { JobTurnQueue, TURN_JOB } from '../../src/turn/adapters/job-turn-queue.js';

/** Where the queue of a process is kept: in Redis if there is an address of one. */
export interface QueuePlace {
  readonly connectionString: string;
  readonly redisUrl?: string | undefined;
}

export interface JobsProcessOptions {
  readonly role?: 'all' | 'api';
  readonly kinds: readonly JobKind[];
  /** Registers handlers, at the time at which rooms do. */
  readonly onInit?: (jobs: JobQueue) => void;
  readonly providers?: readonly Provider[];
}

/** As much of a process as jobs need. */
@Module({})
class JobsProcess {
  static with(
    { connectionString, redisUrl }: QueuePlace,
    { role, kinds, onInit, providers = [] }: JobsProcessOptions,
  ): DynamicModule {
    const config = loadConfig({ DATABASE_URL: connectionString, REDIS_URL: redisUrl, ROLE: role });
    const room = {
      provide: 'Room',
      inject: [JobQueue],
      useFactory: (jobs: JobQueue) => ({ onModuleInit: () => onInit?.(jobs) }),
    };
    return {
      module: JobsProcess,
      imports: [
        ConfigModule.with(config),
        TelemetryModule,
        JobsModule.connect(connectionString),
        JobsModule.kinds(...kinds),
      ],
      providers: [room, ...providers],
    };
  }
}

/** Starts one process with these kinds of jobs, wired as the server wires it; closing the application ends it. */
export async function openJobsProcess(
  place: QueuePlace,
  options: JobsProcessOptions,
): Promise<INestApplicationContext> {
  const app = await Test.createTestingModule({ imports: [JobsProcess.with(place, options)] }).compile();
  Logger.overrideLogger(false);
  try {
    return await app.init();
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** One process's end of the turn queue. */
export interface TurnQueueProcess {
  readonly app: INestApplicationContext;
  readonly queue: JobTurnQueue;
}

/** Starts one process with the queue of turns. */
export async function openTurnQueueProcess(place: QueuePlace): Promise<TurnQueueProcess> {
  const app = await openJobsProcess(place, { kinds: [TURN_JOB], providers: [JobTurnQueue] });
  return { app, queue: app.get(JobTurnQueue) };
}

/** Every line that is logged from now on, until `stop`. */
export function hearLog(): { readonly lines: string[]; stop(): void } {
  const lines: string[] = [];
  const say = (...said: readonly unknown[]) =>
    void lines.push(said.map((part) => (typeof part === 'string' ? part : inspect(part))).join(' '));
  Logger.overrideLogger({ log: say, error: say, warn: say, debug: say, verbose: say, fatal: say });
  return { lines, stop: () => Logger.overrideLogger(false) };
}
