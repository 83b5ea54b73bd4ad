import { Stored } from '../chaos/stored.js';
import { startOpenAiStandIn, type OpenAiStandIn, type RecordedRequest } from '../doubles/openai-stand-in.js';
import { Cluster } from '../support/cluster.js';
import { sized } from '../support/size.js';
import { until } from '../support/until.js';

/** Its prompt names it, so that a request says of which step it is; it takes a while. */
const slow = (id: string, path: string, more: object = {}) => ({
  ...{ id, kind: 'generate', title: id, prompt: `#${path}# [[tokens=8 delay=25]]` },
  ...more,
});

const SIDES = {
  title: 'Sides',
  start: 'first',
  steps: [
    slow('first', 'first', { into: 'first', next: 'both' }),
    {
      ...{ id: 'both', kind: 'parallel', title: 'Both', next: 'each' },
      branches: ['left', 'right'].map((id) => ({
        ...{ id, start: 'one' },
        steps: [slow('one', `both/${id}/one`, { next: 'two' }), slow('two', `both/${id}/two`)],
      })),
    },
    {
      ...{ id: 'each', kind: 'foreach', title: 'Each', items: '["tea", "milk", "honey", "salt"]' },
      ...{ concurrency: 2, next: 'sum', start: 'look' },
      steps: [slow('look', 'each/{{index}}/look', { next: 'rate' }), slow('rate', 'each/{{index}}/rate')],
    },
    { id: 'sum', title: 'Sum', prompt: '#sum#' },
  ],
};
const ASKING = [
  ...['first', 'both/left/one', 'both/left/two', 'both/right/one', 'both/right/two', 'sum'],
  ...[0, 1, 2, 3].flatMap((at) => [`each/${at}/look`, `each/${at}/rate`]),
].toSorted();

/** The step whose model is asked when the process is killed: others run beside it, and have run before it. */
const MOMENTS = [
  'both/right/two',
  'each/2/look',
  'both/left/one',
  'each/3/rate',
  'each/0/rate',
  'both/left/two',
];

const stepOf = ({ body }: RecordedRequest): string | undefined => {
  const content = body.messages.findLast(({ role }) => role === 'user')?.content;
  return /#([^#]+)#/.exec(typeof content === 'string' ? content : '')?.[1];
};

describe('a process that dies while steps of its turn run side by side', () => {
  let standIn: OpenAiStandIn;
  let cluster: Cluster;
  let stored: Stored;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    cluster = await Cluster.start({ roles: ['all', 'all'], standIn, environment: { TURN_LEASE: '2s' } });
    stored = new Stored(cluster.connectionString);
  }, 120_000);
  afterAll(async () => {
    await stored?.close();
    await cluster?.close();
    await standIn?.close();
  });

  const stepsOf = async (turnId: string) => {
    const rows = await stored.query<{ step: string; status: string }>(
      `SELECT step, status FROM workflow_run_steps WHERE turn_id = '${turnId}'`,
    );
    return rows.map(({ step, status }) => `${step} ${status}`).toSorted();
  };

  it.each(sized(MOMENTS.slice(0, 2), MOMENTS))(
    'has none that was completed run again when that is at %s, and the run comes to its end',
    async (moment) => {
      const admin = await cluster.user(cluster.running[0]!, { roles: ['user', 'admin'] });
      expect(await admin.ask('PUT', '/workflows/sides', SIDES)).toMatchObject({ status: 200 });
      const before = standIn.requests.length;
      const asked = () => standIn.requests.slice(before);
      const threadId = await admin.newThread({ workflow: 'sides' });
      const started = await admin.ask('POST', `/chat/threads/${threadId}/turns`, { content: 'Go.' });
      expect(started).toMatchObject({ status: 202 });
      const turnId = started.body.turn.id as string;

      await until(() => asked().some((request) => stepOf(request) === moment));
      const victim = cluster.asker(asked().find((request) => stepOf(request) === moment)!)!;
      await cluster.kill(victim);
      const completed = (await stepsOf(turnId)).filter((line) => line.endsWith(' completed'));
      expect(completed.length).toBeGreaterThan(0);
      expect(completed).not.toContain(`${moment} completed`);
      await cluster.add('all');

      const owner = await cluster.user(cluster.running[0]!);
      const turn = async () =>
        (await owner.ask('GET', `/chat/threads/${threadId}/turns/${turnId}`)).body.turn;
      await until(async () => (await turn()).status === 'completed');
      const counts = new Map(ASKING.map((step) => [step, 0]));
      for (const request of asked()) counts.set(stepOf(request)!, (counts.get(stepOf(request)!) ?? 0) + 1);
      expect([...counts.keys()].toSorted()).toEqual(ASKING);
      for (const [step, count] of counts) {
        const most = completed.includes(`${step} completed`) ? 1 : 2;
        expect([step, count >= 1 && count <= most]).toEqual([step, true]);
      }
      expect(await stepsOf(turnId)).toEqual(
        [...ASKING.map((step) => `${step} completed`), 'both opened', 'each opened'].toSorted(),
      );
      const { run } = (await owner.ask('GET', `/chat/threads/${threadId}/workflow`)).body;
      expect(run).toMatchObject({ step: 'sum', status: 'completed' });
      // Every event of it is told once.
      const statuses = (await stored.events(threadId)).filter(({ type }) => type === 'workflow_status');
      expect(new Set(statuses.map(({ data }) => JSON.stringify(data))).size).toBe(statuses.length);
      const { body } = await owner.ask('GET', `/workflows/runs/${run.id}`);
      expect(body.run.state.each).toHaveLength(4);
    },
    120_000,
  );
});
