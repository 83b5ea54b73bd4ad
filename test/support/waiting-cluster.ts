import { Stored } from '../chaos/stored.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { Cluster, type Replica } from './cluster.js';
import type { ReceivedFrame } from './sse-client.js';
import type { TestUser } from './test-user.js';
import { until } from './until.js';
import { INTAKE } from './waiting-turns.js';

/** Two replicas over one database, whose processes may be killed while turns wait, for the specs of this file. */
export function waitingCluster() {
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

  const replica = (index = 0): Replica => cluster.running[index]!;
  const owner = (at = replica()) => cluster.user(at);
  const reviewer = (at = replica()) => cluster.user(at, { sub: 'rita', roles: ['reviewer'] });

  return {
    get standIn() {
      return standIn;
    },
    get cluster() {
      return cluster;
    },
    get stored() {
      return stored;
    },
    replica,
    owner,
    reviewer,
  };
}

/** The message whose turn waits. */
export const THIRD = 'Since this morning.';

/** A thread whose third turn waits for its review, and what the stream of that turn said. */
export async function waiting(user: TestUser, key?: string) {
  const threadId = await user.newThread(INTAKE);
  let frames: ReceivedFrame[] = [];
  for (const content of ['The elevator is stuck.', 'On the third floor.', THIRD]) {
    const headers = key === undefined || content !== THIRD ? {} : { 'idempotency-key': key };
    const stream = await user.stream(threadId, content, {}, headers);
    frames = [];
    for await (const frame of stream.frames) frames.push(frame);
  }
  const suspended = frames.at(-1)!;
  expect(suspended).toMatchObject({ type: 'suspended', data: { inputIds: [expect.any(String)] } });
  expect(suspended.id).toBeUndefined();
  const { turnId, inputIds } = suspended.data as { turnId: string; inputIds: string[] };
  return { threadId, turnId, inputId: inputIds[0]!, frames };
}

/** What the frames are. */
export const typesOf = (frames: readonly ReceivedFrame[]) => frames.map(({ type }) => type);

/** Waits until the turn has this status. */
export async function turnOf(user: TestUser, threadId: string, turnId: string, status: string) {
  await until(async () => {
    const { body } = await user.ask('GET', `/chat/threads/${threadId}/turns/${turnId}`);
    return body.turn.status === status;
  });
}
