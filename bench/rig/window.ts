import { measuredCoreSeconds } from './cores.ts';
import { familySeconds, processorSeconds } from './proc.ts';

/** What a stretch of time has cost. */
export interface Cost {
  readonly seconds: number;
  /** Processor seconds of the measured process. */
  readonly processorSeconds: number;
  /** Share of one core that it used. */
  readonly busy: number;
  /** Share of its core that others took from it; `undefined` when it has no core of its own. */
  readonly foreign: number | undefined;
  /** Processor seconds of Postgres, all its processes; 0 without one, `undefined` when it is on another machine. */
  readonly databaseSeconds: number | undefined;
}

/** What it has brought, too. */
export interface Window extends Cost {
  readonly tokens: number;
  readonly answers: number;
}

/** Everything that a cost is the difference of. */
interface Reading {
  readonly at: number;
  readonly core: number | undefined;
  readonly processor: number;
  readonly database: number | undefined;
}

/** `database`: the process whose family is counted, `none` for a server without one. */
export async function costOf(
  pid: number,
  database: number | 'none' | undefined,
  work: () => Promise<unknown>,
): Promise<Cost> {
  const before = read(pid, database);
  await work();
  const after = read(pid, database);
  const seconds = (after.at - before.at) / 1_000;
  const used = after.processor - before.processor;
  const core = difference(after.core, before.core);
  return {
    seconds,
    processorSeconds: used,
    busy: used / seconds,
    foreign: core === undefined ? undefined : Math.max(0, (core - used) / seconds),
    databaseSeconds: difference(after.database, before.database),
  };
}

/** Processor seconds of the server and of its database, as far as that can be seen. */
export function together({ processorSeconds: own, databaseSeconds = 0 }: Cost): number {
  return own + databaseSeconds;
}

function read(pid: number, database: number | 'none' | undefined): Reading {
  return {
    at: performance.now(),
    core: measuredCoreSeconds(),
    processor: processorSeconds(pid),
    database: typeof database === 'number' ? familySeconds(database) : database === 'none' ? 0 : undefined,
  };
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before;
}
