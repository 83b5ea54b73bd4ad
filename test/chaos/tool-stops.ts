import { setTimeout as sleep } from 'node:timers/promises';
import { startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startSilentLine, type SilentLine } from '../doubles/silent-line.js';
import { Cluster } from '../support/cluster.js';
import { COUNTING_SERVER } from '../support/counted-elsewhere.js';
import { BRIEFLY_MS, LINE_URL } from '../support/faulty-tools.js';
import { at, inParallel, spread, until, type Outcome, type Telling } from './outcome.js';
import { seeded, type Random } from './random.js';
import { Stored } from './stored.js';

export interface ToolStopsOptions extends Telling {
  readonly calls: number;
  readonly atOnce: number;
  readonly seed: number;
  /** What is promised of the 95th percentile, in milliseconds; unset: only that it happens. */
  readonly limitMs?: number;
}

/** A call that ends only when somebody or the time ends it. */
interface Holder {
  readonly name: string;
  readonly args: (line: SilentLine, key: string) => object;
  /** Whether its connection is to be seen: what runs in the process itself holds none. */
  readonly hasLine: boolean;
  /** How long it may take; absent where it is stopped. */
  readonly limitMs?: number;
}

interface Stage {
  readonly line: SilentLine;
  readonly cluster: Cluster;
  readonly stored: Stored;
  readonly random: Random;
  readonly problems: string[];
  readonly closedAfter: Map<string, number[]>;
  readonly toldAfter: Map<string, number[]>;
}

const HOLDERS: readonly Holder[] = [
  { name: 'hold_on', args: () => ({}), hasLine: true },
  { name: 'scrape_web_content', args: ({ url }, key) => ({ url: `${url}/${key}` }), hasLine: true },
  { name: 'search_web', args: (_line, key) => ({ query: key }), hasLine: true },
  { name: 'execute_javascript', args: (_line, key) => ({ code: `for (;;) "${key}";` }), hasLine: false },
  { name: 'hold_briefly', args: () => ({}), hasLine: true, limitMs: BRIEFLY_MS },
];

/** Stops calls that hold something, or lets their time run out, and sees how soon they let go of it and are told of. */
export async function stopCalls(options: ToolStopsOptions): Promise<Outcome> {
  const { calls, atOnce, seed, limitMs } = options;
  const [standIn, line] = await Promise.all([startOpenAiStandIn(), startSilentLine()]);
  const environment = {
    ...{ [LINE_URL]: line.url, EGRESS_ALLOW: `127.0.0.1:${line.port}`, SCRAPE_ROBOTS: 'false' },
    ...{ SEARCH_KIND: 'searxng', SEARCH_URL: line.url },
  };
  const cluster = await Cluster.start({
    ...{ roles: ['all', 'all'], standIn, environment, program: COUNTING_SERVER },
  });
  const stored = new Stored(cluster.connectionString);
  const stage: Stage = {
    ...{ line, cluster, stored, random: seeded(seed), problems: [] },
    ...{ closedAfter: new Map<string, number[]>(), toldAfter: new Map<string, number[]>() },
  };
  try {
    const places = Array.from({ length: calls }, (_, index) => index);
    await inParallel(places, atOnce, (index) => stopOne(stage, index));
    return outcomeOf(stage, { seed, calls }, limitMs);
  } finally {
    await stored.close();
    await cluster.close();
    await Promise.all([standIn.close(), line.close()]);
  }
}

async function stopOne(stage: Stage, index: number): Promise<void> {
  const { line, cluster, random, problems } = stage;
  const holder = HOLDERS[index % HOLDERS.length]!;
  const key = `held${index}of${random.between(1, 1_000_000)}`;
  const [here, elsewhere] = [random.pick(cluster.serving), random.pick(cluster.serving)];
  const user = await cluster.user(here, { sub: `user-${index}` });
  const threadId = await user.newThread();
  const content = `Hold. {{call ${holder.name} ${JSON.stringify(holder.args(line, key))}}}`;
  const posted = await user.stream(threadId, content, { options: { tools: [holder.name] } });
  let endedAt = Infinity;
  let turnId = '';
  let result: { readonly ok?: boolean; readonly at: number } | undefined;
  for await (const { type, data } of posted.frames) {
    if (type === 'message_saved') turnId = data['message'].turnId as string;
    if (type === 'tool_result') result = { ok: data['ok'] as boolean, at: Date.now() };
    if (type !== 'tool_call' || data['status'] !== 'executing') continue;
    endedAt = await (holder.limitMs === undefined ? stop() : runOut(holder.limitMs));
  }
  const { status } = (await stage.stored.turns(threadId))[0]!;
  const expected = holder.limitMs === undefined ? 'cancelled' : 'completed';
  if (status !== expected || result?.ok !== false)
    problems.push(`${holder.name} ${index}: the turn is ${status}, the result ${JSON.stringify(result)}`);
  note(stage.toldAfter, holder, (result?.at ?? NaN) - endedAt);
  if (!holder.hasLine) return;
  await until(() => lineOf()?.closedAt !== undefined, `${holder.name} lets go`);
  note(stage.closedAfter, holder, lineOf()!.closedAt! - endedAt);

  function lineOf() {
    return line.lines.find(({ path }) => path.includes(key) || path.includes(turnId));
  }
  async function stop(): Promise<number> {
    if (holder.hasLine) await until(() => lineOf() !== undefined, `${holder.name} holds a line`);
    await sleep(random.between(20, 200));
    const other = await cluster.user(elsewhere, { sub: `user-${index}` });
    const pressedAt = Date.now();
    const { status: answered } = await other.ask('POST', `/chat/threads/${threadId}/turns/${turnId}/cancel`);
    if (answered !== 202) problems.push(`${holder.name} ${index}: a stop was answered ${answered}`);
    return pressedAt;
  }
  async function runOut(limit: number): Promise<number> {
    await until(() => lineOf() !== undefined, `${holder.name} holds a line`);
    return lineOf()!.openedAt + limit;
  }
}

function note(times: Map<string, number[]>, { name, limitMs }: Holder, ms: number): void {
  const kind = `${limitMs === undefined ? 'stop' : 'time-out'} of ${name}`;
  times.set(kind, [...(times.get(kind) ?? []), ms]);
}

function outcomeOf(
  { problems, closedAfter, toldAfter }: Stage,
  figures: Outcome['figures'],
  limitMs: number | undefined,
): Outcome {
  const rows = (times: Map<string, number[]>, what: string) =>
    [...times].map(([kind, values]) => [`${kind}, until ${what}`, values] as const);
  const all = [...rows(closedAfter, 'its connection is closed'), ...rows(toldAfter, 'its result is told')];
  const late = all.filter(([, values]) => limitMs !== undefined && !(at(values, 0.95) <= limitMs));
  return {
    figures: { ...figures, ...Object.fromEntries(all.map(([name, values]) => [name, spread(values)])) },
    problems: [...problems, ...late.map(([name, values]) => `${name}: ${at(values, 0.95)} ms at p95`)],
  };
}
