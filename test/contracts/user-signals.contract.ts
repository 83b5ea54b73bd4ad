import { newId, type Caller, type RequestedInput } from '../../src/kernel/index.js';
import type { UserSignal, UserSignals } from '../../src/chat/ports/user-signals.js';
import type { ThreadStore } from '../../src/thread/ports/thread-store.js';
import type { InputStore } from '../../src/turn/ports/input-store.js';
import type { TurnStore } from '../../src/turn/ports/turn-store.js';
import { newUser } from '../support/callers.js';
import { contextOf, newTurn } from '../support/turns.js';
import { until } from '../support/until.js';

export interface UserSignalsUnderTest {
  /** What two processes hear. */
  readonly signals: readonly [UserSignals, UserSignals];
  /** Where it happens. */
  readonly threads: ThreadStore;
  readonly turns: TurnStore;
  readonly inputs: InputStore;
  /** Resolves when everything that was told is on its way: some of it goes behind what it tells of. */
  sent(): Promise<void>;
  /** Cuts what carries the signals, for a moment. */
  cut(): Promise<void>;
  /** How many signals have come to each process so far, for whomever. */
  arrived(): readonly [number, number];
  /** Lets the time of an input be over. */
  lapse(inputId: string): Promise<void>;
}

/** Holds an implementation to every promise of {@link UserSignals}. */
export function describeUserSignals(name: string, setUp: () => Promise<UserSignalsUnderTest>): void {
  describe(`the signals to users by ${name}`, () => {
    let subject: UserSignalsUnderTest;
    let owner: Caller;
    let leave: (() => void)[];
    beforeAll(async () => {
      subject = await setUp();
    });
    beforeEach(() => {
      owner = newUser();
      leave = [];
    });
    afterEach(async () => {
      leave.forEach((go) => go());
      await subject.sent();
    });

    /** What the user hears in a process, from now on. */
    async function following(caller: Caller, process: 0 | 1 = 0) {
      const heard: (UserSignal | undefined)[] = [];
      leave.push(await subject.signals[process].follow(caller, (signal) => void heard.push(signal)));
      const kinds = () => heard.map((signal) => signal?.kind);
      return { heard, kinds, ids: () => heard.map((signal) => signal?.id) };
    }

    /**
     * Everything that was told before has come to everybody: a process that has only just ceased to listen may be told yet, and
     * whoever follows next in it would hear of that.
     */
    async function settled() {
      const marker = newUser();
      const followers = [await following(marker, 0), await following(marker, 1)];
      await subject.sent();
      await newThread(marker);
      await until(() => followers.every(({ heard }) => heard.length > 0));
    }

    async function newThread(caller = owner, change: { title?: string; metadata?: object } = {}) {
      const [id, createdAt] = [newId(), new Date().toISOString()];
      const thread = { id, createdAt, workflow: 'chat', workflowVersion: 1, title: null, metadata: {} };
      await subject.threads.create(caller, { ...thread, ...change });
      return id;
    }

    const ask = (change: Partial<RequestedInput> = {}): RequestedInput => ({
      ...{ id: newId(), key: newId(), kind: 'human_step', prompt: 'Shall it?', schema: null },
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      ...change,
    });

    async function waiting(...inputs: readonly RequestedInput[]) {
      const turn = newTurn(owner, await newThread());
      const context = contextOf(turn);
      await subject.turns.accept(turn);
      const wait = { context, epoch: 1, fromSeq: 1, events: [], inputs, workflowRunId: null };
      await subject.turns.suspend(wait);
      return turn;
    }

    const end = (turn: ReturnType<typeof newTurn>, epoch = 1, fromSeq = 1, closesInputs = false) =>
      subject.turns.finish({
        ...{ context: contextOf(turn), epoch, fromSeq, closesInputs, events: [], outcome: 'completed' },
        ...{ error: null, workflowRunId: null, messageId: turn.assistantMessageId },
        message: {
          ...{ content: 'Hi', status: 'complete', provider: null, model: null, usage: null },
          ...{ citations: [], toolCalls: [], step: null },
        },
      });

    it('tell of a thread that is made, changed and deleted, in every process', async () => {
      const followers = [await following(owner, 0), await following(owner, 1)];
      const id = await newThread();
      await subject.threads.update(owner, id, { title: 'Roof', metadata: { from: 'attic' } });
      const thread = await subject.threads.find(owner, id);
      await subject.threads.remove(owner, id);
      await until(() => followers.every(({ heard }) => heard.length === 3));
      for (const { heard } of followers)
        expect(heard).toEqual([
          expect.objectContaining({ kind: 'thread_created', id }),
          expect.objectContaining({ kind: 'thread_updated', id }),
          expect.objectContaining({ kind: 'thread_deleted', id, thread }),
        ]);
    });

    it('tell of a deletion however much there was of the thread', async () => {
      const { heard } = await following(owner);
      const text = '😀"\\\u0001'.repeat(50);
      const id = await newThread(owner, { title: text, metadata: { text: text.repeat(80) } });
      await subject.threads.remove(owner, id);
      await until(() => heard.length === 2);
      expect(heard[1]).toMatchObject({ id, thread: { id, title: text, metadata: {} } });
    });

    it('tell of a turn that begins at once, and of its end', async () => {
      const turn = newTurn(owner, await newThread());
      await settled();
      const { heard } = await following(owner);
      await subject.turns.accept(turn);
      await end(turn);
      const [id, threadId] = [turn.turnId, turn.userMessage.threadId];
      await until(() => heard.length === 3);
      expect(heard).toEqual([
        expect.objectContaining({ kind: 'thread_updated', id: threadId }),
        expect.objectContaining({ kind: 'turn_started', id, threadId }),
        expect.objectContaining({ kind: 'turn_ended', id, threadId }),
      ]);
    });

    it('tell of a turn that waits in line when its message is stored, and again when it begins', async () => {
      const turn = newTurn(owner, await newThread());
      await settled();
      const { heard, kinds } = await following(owner);
      await subject.turns.enqueue(turn, { holdsThread: true, interrupts: false });
      await until(() => heard.length === 1);
      await subject.turns.claim(turn.turnId);
      await until(() => heard.length === 2);
      expect(kinds()).toEqual(['thread_updated', 'turn_started']);
      expect(heard[1]).toMatchObject({ id: turn.turnId, threadId: turn.userMessage.threadId });
    });

    it('tell of the head that moves', async () => {
      const turn = newTurn(owner, await newThread());
      await subject.turns.accept(turn);
      await end(turn);
      await settled();
      const { heard } = await following(owner);
      await subject.threads.moveHead(owner, turn.userMessage.threadId, turn.turnId);
      await until(() => heard.length === 1);
      expect(heard[0]).toMatchObject({ kind: 'thread_updated', id: turn.userMessage.threadId });
    });

    it('tell of a turn that waits, of what it asks for, and of what it goes on with', async () => {
      const { kinds, ids } = await following(owner);
      const asked = [ask(), ask()];
      const { turnId } = await waiting(...asked);
      await until(() => kinds().includes('turn_waiting') && kinds().length === 6);
      expect(kinds().slice(0, 3)).toEqual(['thread_created', 'thread_updated', 'turn_started']);
      expect(kinds().slice(3).toSorted()).toEqual(['input_opened', 'input_opened', 'turn_waiting']);
      expect(ids().slice(3).toSorted()).toEqual([...asked.map(({ id }) => id), turnId].toSorted());

      await subject.inputs.answer(owner, asked[0]!.id, { outcome: 'declined' });
      await until(() => kinds().length === 7);
      await subject.lapse(asked[1]!.id);
      await subject.inputs.expire(100);
      await until(() => kinds().length === 9);
      expect(kinds().slice(6).toSorted()).toEqual(['input_closed', 'input_closed', 'turn_started']);
      expect(ids().slice(6)).toEqual(expect.arrayContaining([...asked.map(({ id }) => id), turnId]));
      expect([kinds()[6], ids()[6]]).toEqual(['input_closed', asked[0]!.id]);
    });

    it('tell of inputs that a turn leaves behind when it ends', async () => {
      const { heard, kinds } = await following(owner);
      const asked = ask({ schema: { type: 'object' }, role: 'reviewer' });
      const turn = await waiting(asked);
      await subject.turns.requestCancel(owner, turn.userMessage.threadId, turn.turnId);
      await subject.turns.claimStoppedTurn(turn.turnId);
      await end(turn, 3, 1, true);
      await until(() => kinds().includes('turn_ended') && kinds().includes('input_closed'));
      const input = await subject.inputs.find(owner, asked.id);
      expect(input?.status).toBe('cancelled');
      expect(heard[kinds().indexOf('input_closed')]).toMatchObject({ id: asked.id, input });
    });

    it.each([
      ['a long prompt and a large schema', 1, { prompt: 'P'.repeat(500), schema: null }],
      ['more than there is room for', 10, undefined],
    ])('tell of an input that is closed with %s', async (_, times, kept) => {
      const { heard, kinds } = await following(owner);
      const text = '\u0001'.repeat(50 * times);
      const large = {
        prompt: 'P'.repeat(500 * times) + text,
        url: text.repeat(10),
        schema: { text: text.repeat(60) },
      };
      const asked = ask({ ...large, mode: 'url' });
      await waiting(asked);
      await subject.inputs.answer(owner, asked.id, { outcome: 'declined' });
      await until(() => kinds().includes('input_closed'));
      const signal = heard[kinds().indexOf('input_closed')];
      expect(signal).toMatchObject({ id: asked.id });
      expect((signal as { input?: object }).input).toEqual(kept && expect.objectContaining(kept));
    });

    it('tell those whom an input names of the input, and of nothing else', async () => {
      const assignee = newUser();
      const reviewer = { ...newUser(), roles: ['user', 'reviewer'] };
      const [toAssignee, toRole] = [ask({ assignee: assignee.id }), ask({ role: 'reviewer' })];
      const others = [
        await following(assignee),
        await following(reviewer),
        await following({ ...reviewer, org: 'another' }),
        await following({ ...assignee, org: 'another' }),
        // Neither is what the other one is.
        await following({ ...newUser(), id: 'reviewer', roles: [assignee.id] }),
        await following(newUser()),
      ];
      await waiting(toAssignee, toRole);
      await subject.inputs.answer(reviewer, toRole.id, { outcome: 'accepted' });
      await subject.inputs.answer(owner, toAssignee.id, { outcome: 'cancelled' });
      await settled();
      expect(others.map(({ heard }) => heard.map((signal) => [signal?.kind, signal?.id]))).toEqual([
        [
          ['input_opened', toAssignee.id],
          ['input_closed', toAssignee.id],
        ],
        [
          ['input_opened', toRole.id],
          ['input_closed', toRole.id],
        ],
        ...[[], [], [], []],
      ]);
    });

    it('tell of nothing that was refused, and nobody of what is somebody else’s', async () => {
      const id = await newThread();
      await settled();
      const [own, stranger] = [await following(owner), await following({ ...owner, org: 'another' })];
      const thief = newUser();
      const thiefs = await following(thief);
      await subject.threads.update(thief, id, { title: 'Mine' });
      await subject.threads.remove(thief, id);
      await subject.threads.moveHead(thief, id, newId());
      await subject.turns.accept(newTurn(thief, id));
      await settled();
      expect([own.heard, stranger.heard, thiefs.heard]).toEqual([[], [], []]);
    });

    it('come to each who follows, until it stops following', async () => {
      const [one, other] = [await following(owner), await following(owner)];
      await newThread();
      await until(() => one.heard.length === 1 && other.heard.length === 1);
      leave[0]!();
      await newThread();
      await until(() => other.heard.length === 2);
      expect(one.heard).toHaveLength(1);
    });

    it('come to no process in which nobody follows, and again once somebody does', async () => {
      await following(owner, 0);
      leave.splice(0).forEach((go) => go());
      const { heard } = await following(owner, 1);
      const before = subject.arrived();
      await newThread();
      await until(() => heard.length === 1);
      const after = subject.arrived();
      expect([after[0] - before[0], after[1] - before[1]]).toEqual([0, 1]);
      const again = await following(owner, 0);
      await newThread();
      await until(() => again.heard.length === 1);
    });

    it('say so when some may have been lost', async () => {
      const { heard } = await following(owner);
      await subject.cut();
      await until(() => heard.includes(undefined));
      await newThread();
      await until(() => heard.some((signal) => signal?.kind === 'thread_created'));
    });
  });
}
