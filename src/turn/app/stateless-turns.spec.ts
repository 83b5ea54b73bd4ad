import { StatelessTurns } from './stateless-turns.js';
import { TurnGate } from './turn-gate.js';
import { TurnRoom } from './turn-room.js';

const ada = { org: 'acme', id: 'ada' };
const bob = { org: 'acme', id: 'bob' };

function setUp(most = 10, waitMs = 0) {
  const gate = new TurnGate();
  const room = new TurnRoom({ MAX_CONCURRENT_TURNS: most });
  return { gate, room, turns: new StatelessTurns(gate, room, { LLM_QUEUE_TIMEOUT_MS: waitMs }) };
}

const never = () => new AbortController().signal;

/** Says one word and then waits for the end. */
async function* waiting(_turnId: string, signal: AbortSignal): AsyncGenerator<string, string> {
  yield 'word';
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  signal.throwIfAborted();
  return 'end';
}

describe('turns without a thread', () => {
  it('give what the work says and answers, each with an id of its own', async () => {
    const { turns, room } = setUp();
    const ids: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const run = turns.run(
        ada,
        async function* (turnId): AsyncGenerator<string, number> {
          ids.push(turnId);
          yield await Promise.resolve('a');
          return 7;
        },
        never(),
      );
      expect([await run.next(), await run.next()]).toEqual([
        { done: false, value: 'a' },
        { done: true, value: 7 },
      ]);
    }
    expect(new Set(ids).size).toBe(2);
    expect(room.free).toBe(10);
  });

  it('count together with the others against the bound, and are refused when they have waited', async () => {
    const { turns, room } = setUp(2);
    room.take();
    const run = turns.run(ada, waiting, never());
    await run.next();
    await expect(turns.run(ada, waiting, never()).next()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await run.return('');
    expect(room.free).toBe(1);
    expect(() => turns.checkRoom()).not.toThrow();
  });

  it('wait for a place, in turn', async () => {
    const { turns, room } = setUp(1, 60_000);
    const first = turns.run(ada, waiting, never());
    await first.next();
    const [second, third] = [turns.run(ada, waiting, never()), turns.run(bob, waiting, never())];
    const begun: string[] = [];
    const waits = [second, third].map((run, index) =>
      run.next().then(() => begun.push(['second', 'third'][index]!)),
    );
    await first.return('');
    await waits[0];
    expect(begun).toEqual(['second']);
    await second.return('');
    await waits[1];
    await third.return('');
    expect(room.free).toBe(1);
  });

  it('of one user leave a place to others, and let them pass while they wait', async () => {
    const { turns } = setUp(5, 60_000);
    const runs = Array.from({ length: 5 }, () => turns.run(ada, waiting, never()));
    let begun = 0;
    const waits = runs.map((run) => run.next().then(() => (begun += 1)));
    expect(await turns.run(bob, waiting, never()).next()).toEqual({ done: false, value: 'word' });
    expect(begun).toBe(3);
    await Promise.all(runs.slice(0, 3).map((run) => run.return('')));
    await Promise.all(waits);
  });

  it('stop waiting when their client leaves', async () => {
    const { turns, room } = setUp(1, 60_000);
    const leave = room.take();
    const controller = new AbortController();
    const run = turns.run(ada, waiting, controller.signal).next();
    controller.abort(new Error('gone'));
    await expect(run).rejects.toThrow('gone');
    leave();
    expect(room.free).toBe(1);
  });

  it('are refused at once when the process stops while they wait', async () => {
    const { turns, room } = setUp(1, 60_000);
    room.take();
    const run = turns.run(ada, waiting, never()).next();
    await turns.drain(0);
    await expect(run).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('end when their signal does', async () => {
    const { turns, room } = setUp();
    const controller = new AbortController();
    const run = turns.run(ada, waiting, controller.signal);
    await run.next();
    const pending = run.next();
    controller.abort(new Error('gone'));
    await expect(pending).rejects.toThrow('gone');
    expect(room.free).toBe(10);
  });

  it('are ended in words when the process stops, after their time', async () => {
    const { turns, gate } = setUp();
    const run = turns.run(ada, waiting, never());
    await run.next();
    const pending = run.next();
    gate.close();
    await turns.drain(10);
    await expect(pending).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(turns.run(ada, waiting, never()).next()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
