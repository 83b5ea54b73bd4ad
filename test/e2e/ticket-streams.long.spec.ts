import { EventSource } from 'eventsource';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from '../support/cluster.js';
import { stage } from '../support/stage.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { userFor } from '../support/short-token.js';
import type { TestUser } from '../support/test-user.js';

interface Seen {
  readonly id: string;
  readonly type: string;
}

const ticketOf = async (user: TestUser, threadId: string): Promise<string> =>
  (await user.ask('POST', '/auth/stream-ticket', { threadId })).body.ticket;

/** A browser's way to read a thread; what it was given, and how often it was connected. */
function watch(url: string) {
  const events: Seen[] = [];
  const source = new EventSource(url);
  let connected = 0;
  source.onopen = () => (connected += 1);
  source.onmessage = ({ data, lastEventId }) => {
    const { type } = JSON.parse(data as string) as { type: string };
    events.push({ id: type === 'connected' ? '' : lastEventId, type });
  };
  return {
    source,
    events,
    get connected() {
      return connected;
    },
    ids: () => events.filter(({ id }) => id !== '').map(({ id }) => Number(id)),
  };
}

describe('an EventSource with a ticket', () => {
  const on = stage();

  it('whose connection is dropped comes back by itself, and loses and doubles nothing', async () => {
    const proxy = await startTcpProxy(on.server.url);
    const threadId = await on.alice.newThread();
    const ticket = await ticketOf(on.alice, threadId);
    const watched = watch(`${proxy.url}/chat/threads/${threadId}/stream?ticket=${ticket}`);
    try {
      await until(() => watched.connected === 1);
      const posted = await on.alice.stream(threadId, 'Tell me [[tokens=200 delay=20]]');
      for (let drops = 1; drops <= 2; drops += 1) {
        const before = watched.events.length;
        await until(() => watched.events.length > before + 3);
        proxy.cut();
        await until(() => watched.connected === drops + 1);
      }
      posted.close();
      await until(() => watched.events.at(-1)?.type === 'done');
      const ids = watched.ids();
      expect(ids).toEqual(ids.toSorted((left, right) => left - right));
      expect(new Set(ids).size).toBe(ids.length);
      const { body } = await on.alice.ask('GET', `/chat/threads/${threadId}/messages`);
      expect(body.messages.at(-1)).toMatchObject({ status: 'complete' });
    } finally {
      watched.source.close();
      await proxy.close();
    }
  }, 120_000);

  it('opens one stream at a time, whoever tries', async () => {
    const threadId = await on.alice.newThread();
    const ticket = await ticketOf(on.alice, threadId);
    const address = `${on.server.url}/chat/threads/${threadId}/stream?ticket=${ticket}`;
    const controller = new AbortController();
    const open = (headers = {}) => fetch(address, { headers, signal: controller.signal });
    const first = await open();
    expect(first.status).toBe(200);
    const others = await Promise.all([1, 2, 3].map(() => open({ 'last-event-id': '1' })));
    expect(others.map(({ status }) => status)).toEqual([401, 401, 401]);
    // Asked of it here, too: a response that nobody refers to any more is cut off.
    expect(first.bodyUsed).toBe(false);
    controller.abort();
    const next = new AbortController();
    const back = await fetch(address, { headers: { 'last-event-id': '0' }, signal: next.signal });
    expect(back.status).toBe(200);
    next.abort();
  });

  it('is told when the token has ended that its ticket came from, and does not come back with it', async () => {
    const threadId = await on.alice.newThread();
    await on.alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Hello [[tokens=2]]' });
    const ticket = await ticketOf(await userFor(on.server.url, 7_000), threadId);
    const watched = watch(`${on.server.url}/chat/threads/${threadId}/stream?ticket=${ticket}`);
    await until(() => watched.source.readyState === EventSource.CLOSED);
    expect(watched.events.at(-1)?.type).toBe('error');
    expect(watched.connected).toBe(1);
  }, 120_000);

  it('and HEAD of a stream ends at once', async () => {
    const threadId = await on.alice.newThread();
    const ticket = await ticketOf(on.alice, threadId);
    const head = await fetch(`${on.server.url}/chat/threads/${threadId}/stream?ticket=${ticket}`, {
      method: 'HEAD',
    });
    expect([head.status, head.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    expect(await head.text()).toBe('');
  });
});

describe('a ticket among several processes', () => {
  const on = stage();

  it('opens its stream again elsewhere when its process has died, and not while it lives', async () => {
    const cluster = await Cluster.start({ roles: ['all', 'all'], standIn: on.standIn });
    try {
      const [one, other] = cluster.serving;
      const user = await cluster.user(one!);
      const threadId = await user.newThread();
      const ticket = await ticketOf(user, threadId);
      const path = `/chat/threads/${threadId}/stream?ticket=${ticket}`;
      const back = { headers: { 'last-event-id': '0' } };
      const first = await fetch(one!.url + path);
      expect(first.status).toBe(200);
      first
        .body!.getReader()
        .read()
        .catch(() => undefined);
      expect((await fetch(other!.url + path, back)).status).toBe(401);
      await one!.process.end('SIGKILL');
      await sleep(100);
      const again = await fetch(other!.url + path, back);
      expect(again.status).toBe(200);
      await again.body!.cancel();
    } finally {
      await cluster.close();
    }
  }, 180_000);
});
