import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { heapByKind, type Weight } from '../rig/heap-snapshot.ts';
import { show } from '../rig/numbers.ts';
import type { MemoryOf } from '../rig/observer.ts';
import { residentKilobytes } from '../rig/proc.ts';
import type { Effort, Result, Row } from '../rig/result.ts';
import type { Rig } from '../rig/rig.ts';
import { idleStreams, openStreams, slowAnswers, warmUp } from './memory.ts';

/* What the memory of an open stream consists of: heap snapshots without streams and with them, compared. */

const CASES = ['threadline', 'gateway', 'idle'] as const;
type Case = (typeof CASES)[number];
/** Kinds that are listed for each case. */
const MOST = 60;

interface Grown {
  readonly kind: string;
  /** Of one stream. */
  readonly bytes: number;
  readonly count: number;
}

export async function measureHeap(rig: Rig, { isQuick, only }: Effort): Promise<Result> {
  const lanes = isQuick ? 200 : 1_000;
  const rows: Row[] = [];
  const details: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const name of CASES.filter((each) => only === undefined || each === only)) {
    const found = await heapOf(rig, name, lanes);
    details[name] = found;
    const sum = found.grown.reduce((bytes, each) => bytes + each.bytes, 0);
    notes.push(...found.grown.slice(0, MOST).map(lineOf));
    rows.push({
      measure: `Heap of an open stream, ${name}`,
      threadline: `${show(sum / 1_024)} kB`,
      pipe: '',
      compared: residentOf(found, lanes),
    });
  }
  return { rows, details, notes };
}

async function heapOf(rig: Rig, name: Case, lanes: number) {
  const { observer, pid } = await rig.freshThreadline();
  const subject = await rig.subject(name === 'gateway' ? 'gateway' : 'threadline');
  await warmUp(rig, subject);
  await sleep(2_000);
  const before = { memory: await observer.ask('memory'), resident: residentKilobytes(pid) };
  await openStreams(rig, lanes, () =>
    name === 'idle' ? idleStreams(rig, subject, lanes) : slowAnswers(rig, subject, lanes),
  );
  await sleep(8_000);
  const after = { memory: await observer.ask('memory'), resident: residentKilobytes(pid) };
  const withStreams = await heapNow(rig);
  await rig.load.ask('close');
  await rig.standIn.ask('endAll');
  await sleep(3_000);
  const without = await heapNow(rig);
  return { before, after, grown: difference(without, withStreams, lanes) };
}

async function heapNow(rig: Rig): Promise<ReadonlyMap<string, Weight>> {
  const { observer } = await rig.threadline();
  const file = join(rig.dataDir, `${Date.now()}.heapsnapshot`);
  await observer.ask('heapSnapshot', file);
  const kinds = heapByKind(file);
  await rm(file);
  return kinds;
}

function difference(
  without: ReadonlyMap<string, Weight>,
  withStreams: ReadonlyMap<string, Weight>,
  lanes: number,
): readonly Grown[] {
  return [...withStreams]
    .map(([kind, { bytes, count }]) => ({
      kind,
      bytes: (bytes - (without.get(kind)?.bytes ?? 0)) / lanes,
      count: (count - (without.get(kind)?.count ?? 0)) / lanes,
    }))
    .filter(({ bytes }) => bytes !== 0)
    .toSorted((a, b) => b.bytes - a.bytes);
}

function lineOf({ kind, bytes, count }: Grown): string {
  return `${bytes.toFixed(0).padStart(6)} B ${count.toFixed(2).padStart(6)} × ${kind}`;
}

/** What the process has grown by, and where: without a collection that was asked for. */
function residentOf(
  { before, after }: Record<'before' | 'after', { readonly memory: MemoryOf; readonly resident: number }>,
  lanes: number,
): string {
  const kilobytes = (bytes: number) => show(bytes / 1_024 / lanes);
  const spaces = after.memory.spaces.flatMap((space, index) => {
    const grown = space.committed - before.memory.spaces[index]!.committed;
    return Math.abs(grown) / lanes < 512 ? [] : [`${space.name} ${kilobytes(grown)}`];
  });
  const of = (part: keyof NodeJS.MemoryUsage) =>
    kilobytes(after.memory.usage[part] - before.memory.usage[part]);
  return (
    `resident ${show((after.resident - before.resident) / lanes)} kB; heap used ${of('heapUsed')}, ` +
    `total ${of('heapTotal')}, external ${of('external')}; ${spaces.join(', ')}`
  );
}
