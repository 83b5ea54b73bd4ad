import type { Caller, Message } from '../../kernel/index.js';
import type { Input, StartedTurn, Turn } from '../../turn/index.js';
import { AwaitTurn } from './await-turn.js';
import type { StreamItem } from './resume.js';

type Parts = ConstructorParameters<typeof AwaitTurn>;

const CALLER: Caller = {
  id: 'ada',
  org: 'acme',
  roles: ['user'],
  clearance: 'internal',
  name: undefined,
  email: undefined,
};
const AT = '2026-11-30T06:00:00.000Z';

const INPUT = { id: 'input' } as unknown as Input;

const turn = (status: Turn['status']): Turn => ({
  ...{ id: 'turn', threadId: 'thread', parentTurnId: null, status, attempt: 1, error: null },
  ...{ userMessageId: 'asked', assistantMessageId: 'said', workflowRunId: null },
  ...{ createdAt: AT, startedAt: AT, endedAt: status === 'completed' ? AT : null },
});

const message = (role: Message['role'], content: string) =>
  ({ id: role, role, content, usage: null, citations: [] }) as unknown as Message;

/** `streams`: what each following sends; `statuses`: what the turn is found to be after each; `open`: how many inputs then. */
function awaiting(
  streams: readonly (readonly StreamItem[])[],
  statuses: readonly Turn['status'][],
  open: readonly number[] = [],
) {
  const followed: (number | undefined)[] = [];
  let found = 0;
  const follow = {
    async *events(_caller: Caller, _started: StartedTurn, after: number | undefined) {
      followed.push(after);
      yield await Promise.resolve(streams[followed.length - 1]!);
    },
  };
  const awaitTurn = new AwaitTurn(
    {
      find: () => Promise.resolve(turn(statuses[Math.min(found++, statuses.length - 1)]!)),
    } as unknown as Parts[0],
    {
      ofTurn: () => Promise.resolve([message('user', 'Go on?'), message('assistant', 'Done.')]),
    } as unknown as Parts[1],
    { openOf: () => Promise.resolve(Array.from({ length: open[found - 1] ?? 0 }, () => INPUT)) },
    follow as unknown as Parts[3],
    {
      of: (_caller: Caller, messages: readonly Message[]) => Promise.resolve(messages),
    } as unknown as Parts[4],
  );
  const started = { turn: turn('running'), firstSeq: 1 };
  return { followed, answer: awaitTurn.answer(CALLER, started, new AbortController().signal) };
}

const asks: StreamItem = { seq: 3, turnId: 'turn', type: 'input_required', data: '{}', at: AT };
const suspended: StreamItem = { type: 'suspended', data: { turnId: 'turn', inputIds: ['input'] }, at: AT };

describe('waiting for the end of a turn', () => {
  it('ends where the turn waits for a person', async () => {
    const { followed, answer } = awaiting([[asks, suspended]], ['waiting'], [1]);
    expect(await answer).toMatchObject({ turn: { status: 'waiting' }, inputs: [INPUT] });
    expect(followed).toEqual([undefined]);
  });

  it('goes on where the person has answered before the turn was looked at', async () => {
    const { followed, answer } = awaiting([[asks, suspended], []], ['running', 'completed']);
    expect(await answer).toMatchObject({ response: 'Done.', turn: { status: 'completed' } });
    expect(followed).toEqual([undefined, 3]);
  });

  it('goes on where the person has answered before the inputs were looked at', async () => {
    const { followed, answer } = awaiting([[asks, suspended], []], ['waiting', 'completed'], [0]);
    expect(await answer).toMatchObject({ response: 'Done.', turn: { status: 'completed' } });
    expect(followed).toEqual([undefined, 3]);
  });
});
