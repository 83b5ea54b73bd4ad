import { StatelessTurns } from './stateless-turns.js';
import { TurnGate } from './turn-gate.js';
import { TurnRoom } from './turn-room.js';

function setUp(most = 10) {
  const gate = new TurnGate();
  const room = new TurnRoom({ MAX_CONCURRENT_TURNS: most });
  return { gate, room, turns: new StatelessTurns(gate, room) };
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
      const run = turns.run(async function* (turnId): AsyncGenerator<string, number> {
        ids.push(turnId);
        yield await Promise.resolve('a');
        return 7;
      }, never());
      expect([await run.next(), await run.next()]).toEqual([
        { done: false, value: 'a' },
        { done: true, value: 7 },
      ]);
    }
    expect(new Set(ids).size).toBe(2);
    expect(room.free).toBe(10);
  });

  it('count together with the others against the bound', async () => {
    const { turns, room } = setUp(2);
    room.take();
    const run = turns.run(waiting, never());
    await run.next();
    await expect(turns.run(waiting, never()).next()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await run.return('');
    expect(room.free).toBe(1);
    expect(() => turns.checkRoom()).not.toThrow();
  });

  it('end when their signal does', async () => {
    const { turns, room } = setUp();
    const controller = new AbortController();
    const run = turns.run(waiting, controller.signal);
    await run.next();
    const pending = run.next();
    controller.abort(new Error('gone'));
    await expect(pending).rejects.toThrow('gone');
    expect(room.free).toBe(10);
  });

  it('are ended in words when the process stops, after their time', async () => {
    const { turns, gate } = setUp();
    const run = turns.run(waiting, never());
    await run.next();
    const pending = run.next();
    gate.close();
    await turns.drain(10);
    await expect(pending).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(turns.run(waiting, never()).next()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
