import type { Caller } from '../../kernel/index.js';
import type { Acceptance, TurnStore } from '../ports/turn-store.js';
import { StartTurn } from './start-turn.js';

type Dependencies = ConstructorParameters<typeof StartTurn>;

/** A start of turns for which there is room or none, and how many messages are being stored. */
function starting(hasRoom: boolean) {
  const storing: ((acceptance: Acceptance) => void)[] = [];
  const stored = () => new Promise<Acceptance>((resolve) => storing.push(resolve));
  const store = { accept: stored, enqueue: stored } as unknown as TurnStore;
  const queued = {
    hasCapacityFor: () => hasRoom,
    dispatch: () => Promise.resolve(),
  } as unknown as Dependencies[2];
  const room = { acquire: () => () => undefined } as unknown as Dependencies[4];
  const nothing = { throwIfDraining: () => undefined, start: () => undefined, publish: () => undefined };
  const start = new StartTurn(
    store,
    nothing as unknown as Dependencies[1],
    queued,
    nothing as unknown as Dependencies[3],
    room,
    nothing as unknown as Dependencies[5],
  );
  const post = (user: string, content: string) =>
    start
      .start({
        caller: { org: 'org', id: user } as Caller,
        threadId: 'a thread',
        request: { content },
        idempotency: undefined,
      })
      .catch((error: { code?: string }) => error.code);
  return { storing, post };
}

const LONG = 'x'.repeat(50_000);
const pass = () => new Promise(setImmediate);

describe.each([
  ['that are answered at once', true],
  ['that wait for room', false],
])('long messages of one user %s', (_, hasRoom) => {
  it('are stored a few at a time, so that others have connections too', async () => {
    const { storing, post } = starting(hasRoom);
    const posts = Array.from({ length: 10 }, () => post('greedy', LONG));
    await pass();
    expect(storing).toHaveLength(3);
    const others = [post('another', LONG), post('greedy', 'a short one')];
    await pass();
    expect(storing).toHaveLength(5);
    while (storing.length > 0) {
      storing.splice(0).forEach((done) => done({ kind: 'not_found', what: 'thread' }));
      await pass();
    }
    expect(await Promise.all([...posts, ...others])).toEqual(Array.from({ length: 12 }, () => 'NOT_FOUND'));
  });
});
