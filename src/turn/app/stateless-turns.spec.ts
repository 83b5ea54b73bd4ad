import { StatelessTurns, type StatelessTurn } from './stateless-turns.js';
import { DrainState } from './drain-state.js';
import { TurnCapacity } from './turn-capacity.js';

const ada = { org: 'acme', id: 'ada' };
const bob = { org: 'acme', id: 'bob' };

function setUp(most = 10, waitMs = 0) {
  const drainState = new DrainState();
  const room = new TurnCapacity({ MAX_CONCURRENT_TURNS: most });
  return { drainState, room, turns: new StatelessTurns(drainState, room, { LLM_QUEUE_TIMEOUT_MS: waitMs }) };
}

const never = () => new AbortController().signal;

/** Waits for the end of a turn. */
async function waiting({ signal }: StatelessTurn): Promise<string> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  signal.throwIfAborted();
  return 'end';
}

describe('turns without a thread', () => {
  it('answer what their work does, each with an id of its own', async () => {
    const { turns, room } = setUp();
    const ids: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const result = await turns.run(ada, ({ id }) => Promise.resolve(ids.push(id)), never());
      expect(result).toBe(round + 1);
    }
    expect(new Set(ids).size).toBe(2);
    expect(room.free).toBe(10);
  });

  it('give their place back when their work fails', async () => {
    const { turns, room } = setUp();
    const failing = turns.run(ada, () => Promise.reject(new Error('no')), never());
    await expect(failing).rejects.toThrow('no');
    expect(room.free).toBe(10);
  });

  it('count together with the others against the bound, and are refused when they have waited', async () => {
    const { turns, room } = setUp(2);
    room.acquire();
    const turn = await turns.begin(ada, never());
    await expect(turns.begin(ada, never())).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    turn.end();
    expect(room.free).toBe(1);
    expect(() => turns.checkCapacity()).not.toThrow();
  });

  it('wait for a place, in turn', async () => {
    const { turns, room } = setUp(1, 60_000);
    const first = await turns.begin(ada, never());
    const begun: string[] = [];
    const [second, third] = [turns.begin(ada, never()), turns.begin(bob, never())];
    void second.then(() => begun.push('second'));
    void third.then(() => begun.push('third'));
    first.end();
    const next = await second;
    expect(begun).toEqual(['second']);
    next.end();
    (await third).end();
    expect(room.free).toBe(1);
  });

  it('of one user leave a place to others, and let them pass while they wait', async () => {
    const { turns } = setUp(5, 60_000);
    let begun = 0;
    const begins = Array.from({ length: 5 }, async () => {
      const turn = await turns.begin(ada, never());
      begun += 1;
      return turn;
    });
    await turns.begin(bob, never());
    expect(begun).toBe(3);
    for (const turn of await Promise.all(begins.slice(0, 3))) turn.end();
    await Promise.all(begins);
  });

  it('stop waiting when their client leaves', async () => {
    const { turns, room } = setUp(1, 60_000);
    const leave = room.acquire();
    const controller = new AbortController();
    const begin = turns.begin(ada, controller.signal);
    controller.abort(new Error('gone'));
    await expect(begin).rejects.toThrow('gone');
    leave();
    expect(room.free).toBe(1);
  });

  it('are refused at once when the process stops while they wait', async () => {
    const { turns, room } = setUp(1, 60_000);
    room.acquire();
    const begin = turns.begin(ada, never());
    await turns.drain(0);
    await expect(begin).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('end when their signal does', async () => {
    const { turns, room } = setUp();
    const controller = new AbortController();
    const run = turns.run(ada, waiting, controller.signal);
    controller.abort(new Error('gone'));
    await expect(run).rejects.toThrow('gone');
    expect(room.free).toBe(10);
  });

  it('are ended in words when the process stops, after their time', async () => {
    const { turns, drainState } = setUp();
    const run = turns.run(ada, waiting, never());
    drainState.startDraining();
    const drained = turns.drain(10);
    await expect(run).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await drained;
    await expect(turns.begin(ada, never())).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
