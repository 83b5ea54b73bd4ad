import type { Result } from './result.ts';

/** A whole run, as it is written to `last-run.json`. */
export interface BenchRun {
  readonly at: string;
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly pinned: boolean;
  readonly database: string;
  /** Share of the whole machine that others used before the run. */
  readonly othersBusy: number;
  readonly quick: boolean;
  readonly seconds: number;
  readonly results: Readonly<Record<string, Result>>;
}

/** The run as a table that can be pasted into the README, and what has to be said with it. */
export function markdown(run: BenchRun): string {
  const results = Object.values(run.results);
  const rows = results.flatMap((result) => result.rows);
  const notes = [
    `${run.processor}, ${run.cores} cores, Node ${run.node}, ${run.database === 'embedded' ? 'the embedded Postgres' : 'Postgres at DATABASE_URL'}, ${run.at.slice(0, 10)}.`,
    ...(run.pinned ? [] : ['**Nothing was pinned to a core of its own:** these numbers are noisy.']),
    ...(run.othersBusy > 0.05
      ? [`**Other programs kept ${Math.round(run.othersBusy * 100)} % of the machine busy** before the run.`]
      : []),
    ...(run.quick ? ['**A quick run:** it shows that the bench works, and little else.'] : []),
    ...results.flatMap((result) => result.notes),
  ];
  return [
    '| | Threadline | raw pipe | naive Nest | |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) => `| ${row.measure} | ${row.threadline} | ${row.pipe} | ${row.naive ?? ''} | ${row.compared} |`,
    ),
    '',
    ...notes.map((note) => `- ${note}`),
  ].join('\n');
}
