import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observer } from './observer.ts';
import type { Questions } from './worker.ts';

/** A profile as V8 writes it; times are in microseconds. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Processor time by function, in microseconds; what of it was the function's own. */
type SelfTimes = Map<string, number>;

const MOST = 20;
/** A sample that covers more than this has waited for the processor, which another process had. */
const STOLEN_MICROS = 20_000;
const NOT_WORK = new Set(['(root)', '(idle)']);

/** Profiles of the server's processor time, taken in the windows in which it is measured. */
export class Profiles {
  private readonly folder: string;
  private readonly files = new Map<string, string[]>();
  private measure = '';

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** The profiles from now on are of this measure. */
  begin(measure: string): void {
    this.measure = measure;
  }

  /** Does the work with a profile of it. */
  async take<T>(
    observer: Questions<Observer>,
    subject: string,
    load: string | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const title = [this.measure, ...(load === undefined ? [] : [load]), subject].join(', ');
    const files = this.files.get(title) ?? [];
    this.files.set(title, files);
    const file = join(
      this.folder,
      `${[title, files.length + 1].join(' ').replaceAll(/\W+/g, '-')}.cpuprofile`,
    );
    await observer.ask('startProfile');
    try {
      return await work();
    } finally {
      await observer.ask('stopProfile', file);
      files.push(file);
    }
  }

  /** A table of the largest self times for each regime, over all of its windows. */
  markdown(): string {
    return [...this.files].map(([title, files]) => tableOf(title, files)).join('\n\n');
  }
}

function tableOf(title: string, files: readonly string[]): string {
  const times: SelfTimes = new Map();
  for (const file of files) addTimes(JSON.parse(readFileSync(file, 'utf8')) as Profile, times);
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const largest = [...times].toSorted(([, a], [, b]) => b - a).slice(0, MOST);
  return [
    `| ${title} | % |`,
    '| --- | --- |',
    ...largest.map(([name, time]) => `| ${name} | ${((time / total) * 100).toFixed(1)} |`),
  ].join('\n');
}

function addTimes({ nodes, samples, timeDeltas }: Profile, times: SelfTimes): void {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  samples.forEach((node, index) => {
    const name = names.get(node) ?? '';
    // A sample lasts until the next one.
    const time = timeDeltas[index + 1] ?? 0;
    if (NOT_WORK.has(name) || time > STOLEN_MICROS) return;
    times.set(name, (times.get(name) ?? 0) + time);
  });
}

/** `writev`, `TurnWriter.add · log/app/turn-writer`; what has no place in a file is V8's or Node's own. */
function nameOf({ functionName, url }: Profile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (name.startsWith('(')) return url === '' ? name : `${name} · ${placeOf(url)}`;
  return url === '' ? `${name} (native)` : `${name} · ${placeOf(url)}`;
}

function placeOf(url: string): string {
  const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(url)?.[1];
  if (packaged !== undefined) return packaged;
  return url.replace(/^.*\/dist\/src\//, '').replace(/\.js$/, '');
}
