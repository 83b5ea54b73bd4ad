import { FindLastReset, type FollowTurn, type StreamItem } from '../chat/index.js';
import type { Caller } from '../kernel/index.js';
import type { LoggedEvent } from '../log/index.js';
import type { StartedTurn } from '../turn/index.js';
import { TurnUpdates } from './turn-updates.js';

type Threads = ConstructorParameters<typeof FindLastReset>[1];

const at = '2026-01-02T03:04:05.678Z';
const started = { turn: { id: 't', threadId: 'th' }, firstSeq: 1 } as StartedTurn;
const log = (['message_saved', 'lost', 'ai_reset', 'kept ', 'and more', 'complete', 'done'] as const).map(
  (what, index): LoggedEvent => ({
    seq: index + 1,
    turnId: 't',
    type: what === 'message_saved' || what === 'ai_reset' || what === 'done' ? what : 'ai_response',
    data:
      what === 'complete'
        ? '{"messageId":"m","content":"","isComplete":true,"accumulated":"kept and more","finishReason":"stop"}'
        : `{"messageId":"m","content":"${what}","isComplete":false,"success":true}`,
    at,
  }),
);

/** A log that is read one event at a time, of which so many are there when somebody comes. */
function speechWith(head: number): TurnUpdates {
  const events = async function* (
    _caller: unknown,
    _started: unknown,
    after = 0,
  ): AsyncGenerator<readonly StreamItem[], void> {
    yield [{ type: 'connected', data: { threadId: 'th', lastEventId: after }, at }];
    for (const event of log.filter(({ seq }) => seq > after)) yield await Promise.resolve([event]);
  };
  return speechFrom({ events } as unknown as FollowTurn, head);
}

function speechFrom(followTurn: FollowTurn, head: number): TurnUpdates {
  const threads = { head: () => Promise.resolve(head) } as unknown as Threads;
  return new TurnUpdates(followTurn, new FindLastReset(followTurn, threads));
}

async function saidWith(head: number): Promise<unknown[]> {
  const said = [];
  for await (const batch of speechWith(head).of({} as Caller, started, new AbortController().signal))
    said.push(...batch);
  return said.map((one) => (one.type === 'piece' ? one.text : one.type));
}

describe('what a turn says', () => {
  it('is everything to whoever is there from the start', async () => {
    expect(await saidWith(1)).toEqual(['lost', 'reset', 'kept ', 'and more', 'done']);
  });

  it('leaves out the attempts that had been given up when somebody came', async () => {
    expect(await saidWith(3)).toEqual(['kept ', 'and more', 'done']);
    expect(await saidWith(6)).toEqual(['kept ', 'and more', 'done']);
  });

  it('does not look past what was there', async () => {
    expect(await saidWith(2)).toEqual(['lost', 'reset', 'kept ', 'and more', 'done']);
  });

  it('goes on with what was not heard yet, where a snapshot stands for the events', async () => {
    const snapshot = { turnId: 't', messageId: 'm', content: 'kept and more', lastEventId: 5 };
    const events = async function* (): AsyncGenerator<readonly StreamItem[], void> {
      yield* [log.slice(0, 4), [{ type: 'snapshot' as const, data: snapshot, at }], log.slice(5)];
      await Promise.resolve();
    };
    const speech = speechFrom({ events } as unknown as FollowTurn, 1);
    const said = [];
    for await (const batch of speech.of({} as Caller, started, new AbortController().signal))
      said.push(...batch);

    expect(said.map((one) => (one.type === 'piece' ? one.text : one.type))).toEqual([
      'lost',
      'reset',
      'kept ',
      'and more',
      'done',
    ]);
  });
});
