import {
  newId,
  PROCESS_ID,
  type Caller,
  type RequestedInput,
  type TurnEventType,
} from '../../src/kernel/index.js';
import type { TurnEventLog } from '../../src/log/index.js';
import type { InputStore } from '../../src/turn/ports/input-store.js';
import type { Lease, TurnStore } from '../../src/turn/ports/turn-store.js';
import { newUser } from '../support/callers.js';
import { contextOf, newTurn } from '../support/turns.js';

export interface InputStoreUnderTest {
  readonly inputs: InputStore;
  /** The turns that wait, and their log. */
  readonly turns: TurnStore;
  readonly log: TurnEventLog;
  newThread(owner: Caller): Promise<string>;
  /** Lets the time of an input be over. */
  lapse(inputId: string): Promise<void>;
}

const owner = newUser('owner');
const colleague: Caller = { ...newUser('colleague'), org: owner.org };
const reviewer: Caller = { ...newUser('reviewer'), org: owner.org, roles: ['user', 'admin'] };
const assignee: Caller = { ...newUser('assignee'), org: owner.org };
const stranger: Caller = { ...assignee, org: 'another-org', roles: ['user', 'admin'] };

/** Holds an implementation to every promise of {@link InputStore}. */
export function describeInputStore(name: string, setUp: () => InputStoreUnderTest): void {
  describe(`the input store in ${name}`, () => {
    let subject: InputStoreUnderTest;
    let inputs: InputStore;
    beforeAll(() => {
      subject = setUp();
      ({ inputs } = subject);
    });

    const ask = (change: Partial<RequestedInput> = {}): RequestedInput => ({
      id: newId(),
      key: newId(),
      kind: 'human_step',
      prompt: 'Shall it be sent?',
      schema: { type: 'object', properties: { 'as is': { type: 'boolean' } } },
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      ...change,
    });

    /** A turn that waits for these. */
    const waiting = (...asked: readonly RequestedInput[]) => waitingAt(undefined, asked);
    async function waitingAt(level: number | undefined, asked: readonly RequestedInput[]) {
      const threadId = await subject.newThread(owner);
      const turn = newTurn(owner, threadId);
      const accepted = await subject.turns.accept(turn);
      if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
      const { turnId } = turn;
      const context = contextOf(turn);
      const lease: Lease = { context, epoch: 1, lastSeq: accepted.firstSeq };
      const events = asked.map(({ id: inputId }, index) => ({
        seq: lease.lastSeq + index + 1,
        ...{ turnId, type: 'input_required' as const, data: JSON.stringify({ inputId }) },
        at: new Date().toISOString(),
        level,
      }));
      const wait = { context, epoch: 1, fromSeq: lease.lastSeq, events, inputs: asked, workflowRunId: null };
      expect(await subject.turns.suspend(wait)).toBe('waiting');
      return { threadId, turnId, lease };
    }

    const statusOf = async (threadId: string, turnId: string) =>
      (await subject.turns.find(owner, threadId, turnId))?.status;
    const told = async (threadId: string): Promise<readonly [TurnEventType, unknown][]> => {
      const { events } = await subject.log.read(threadId, 0, 100);
      return events.map(({ type, data }) => [type, JSON.parse(data) as unknown]);
    };

    it('answers what a turn waits for, as it was asked', async () => {
      const asked = ask({
        assignee: assignee.id,
        role: 'admin',
        callId: 'call',
        mode: 'url',
        url: 'https://a.example',
      });
      const { threadId, turnId } = await waiting(asked);
      const { key: _key, ...rest } = asked;
      const open = { ...rest, threadId, turnId, status: 'open', createdAt: expect.any(String) as string };
      expect(await inputs.find(owner, asked.id)).toEqual(open);
      expect(await inputs.openOf(owner, turnId)).toEqual([open]);
      expect(await inputs.resolvedOf(turnId)).toEqual(new Map());
    });

    it('withholds what is asked from a reader below the level of the turn, who may decline it', async () => {
      const asked = ask({ prompt: 'A secret', url: 'https://a.example/secret' });
      const { turnId } = await waitingAt(2, [asked]);
      const below: Caller = { ...owner, clearance: 'internal' };
      const { inputs: listed } = await inputs.list(below, 'open', 1, undefined);
      const seen = [...listed, ...(await inputs.openOf(below, turnId)), await inputs.find(below, asked.id)];
      const closed = await inputs.answer(below, asked.id, { outcome: 'declined' });
      const withheld = { id: asked.id, prompt: '[withheld]', schema: null, withheld: true };
      expect([...seen, closed]).toMatchObject([withheld, withheld, withheld, { input: withheld }]);
      expect(JSON.stringify([seen, closed])).not.toContain('secret');
      expect(await inputs.find({ ...owner, clearance: 'confidential' }, asked.id)).toMatchObject({
        url: asked.url,
      });
    });

    it('shows an input to the owner of its thread and to whom it names, within the org, and to nobody else', async () => {
      const toRole = ask({ role: 'admin' });
      const toAssignee = ask({ assignee: assignee.id });
      await waiting(toRole, toAssignee);
      const seen = async (caller: Caller) => {
        const { inputs: listed } = await inputs.list(caller, 'open', 200, undefined);
        const found = await Promise.all([toRole, toAssignee].map(({ id }) => inputs.find(caller, id)));
        const ids = [toRole.id, toAssignee.id].filter((id) => listed.some((input) => input.id === id));
        expect(found.flatMap((input) => input?.id ?? [])).toEqual(ids);
        return ids;
      };
      expect(await seen(owner)).toEqual([toRole.id, toAssignee.id]);
      expect(await seen(reviewer)).toEqual([toRole.id]);
      expect(await seen(assignee)).toEqual([toAssignee.id]);
      expect(await seen(colleague)).toEqual([]);
      expect(await seen(stranger)).toEqual([]);
      for (const caller of [colleague, stranger])
        expect(await inputs.answer(caller, toRole.id, { outcome: 'accepted' })).toEqual({
          kind: 'not_found',
        });
    });

    it('lists the newest first, page by page and by status', async () => {
      const lister = newUser('lister');
      const asked = [ask({ role: 'admin' }), ask(), ask(), ask(), ask()];
      const threadId = await subject.newThread(lister);
      const turn = newTurn(lister, threadId);
      await subject.turns.accept(turn);
      const context = contextOf(turn);
      const none = { events: [], workflowRunId: null };
      await subject.turns.suspend({ context, epoch: 1, fromSeq: 1, inputs: asked, ...none });
      await inputs.answer(lister, asked[1]!.id, { outcome: 'declined' });
      const listed: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await inputs.list(lister, undefined, 2, after);
        listed.push(...page.inputs.map(({ id }) => id));
        if (page.next === undefined) break;
        after = page.next;
      }
      expect(listed).toEqual(asked.map(({ id }) => id).reverse());
      const { inputs: declined } = await inputs.list(lister, 'declined', 10, undefined);
      expect(declined.map(({ id }) => id)).toEqual([asked[1]!.id]);
    });

    it('says which other process holds what the turn goes on with, and shows that to nobody', async () => {
      for (const [heldBy, holder] of [
        ['elsewhere', 'elsewhere'],
        [PROCESS_ID, undefined],
        [undefined, undefined],
      ]) {
        const asked = ask({ heldBy });
        await waiting(asked);
        const closed = await inputs.answer(owner, asked.id, { outcome: 'declined' });
        expect(closed).toMatchObject({ kind: 'closed', isLast: true });
        expect((closed as { readonly holder?: string }).holder).toBe(holder);
        expect(JSON.stringify((closed as { readonly input: object }).input)).not.toContain('elsewhere');
      }
    });

    it('takes an answer, tells of it, and lets the turn go on in whatever process takes it', async () => {
      const asked = ask({ role: 'admin' });
      const { threadId, turnId } = await waiting(asked);
      expect(await statusOf(threadId, turnId)).toBe('waiting');
      expect(await subject.turns.claimExpiredTurn(turnId)).toBeUndefined();
      const answer = { outcome: 'accepted', content: { 'as is': true }, remember: true } as const;
      const closed = await inputs.answer(reviewer, asked.id, answer);
      expect(closed).toMatchObject({
        kind: 'closed',
        isLast: true,
        turn: { id: turnId, status: 'running' },
        input: { id: asked.id, status: 'accepted', answeredBy: reviewer.id },
      });
      expect((await told(threadId)).slice(1)).toEqual([
        ['input_required', { inputId: asked.id }],
        ['input_resolved', { inputId: asked.id, outcome: 'accepted' }],
      ]);
      const resolved = (await inputs.resolvedOf(turnId)).get(asked.key);
      expect(resolved).toMatchObject({ outcome: 'accepted', content: { 'as is': true }, remember: true });

      const taken = await subject.turns.claimExpiredTurn(turnId);
      expect(taken).toMatchObject({
        epoch: 3,
        attempt: 1,
        isResuming: true,
        runsAgain: true,
        stop: undefined,
      });
      expect(taken?.lastSeq).toBe(3);
      expect(await subject.turns.claimExpiredTurn(turnId)).toBeUndefined();
    });

    it('takes one answer of many at the same instant', async () => {
      for (let round = 0; round < 5; round += 1) {
        const asked = ask({ role: 'admin' });
        const { threadId } = await waiting(asked);
        const answers = await Promise.all(
          Array.from({ length: 8 }, (_, index) =>
            inputs.answer(index % 2 === 0 ? owner : reviewer, asked.id, {
              outcome: index % 3 === 0 ? 'declined' : 'accepted',
            }),
          ),
        );
        const [first, ...others] = answers.toSorted((left, right) => left.kind.localeCompare(right.kind));
        expect(first?.kind).toBe('closed');
        expect(new Set(others.map(({ kind }) => kind))).toEqual(new Set(['conflict']));
        expect((await told(threadId)).filter(([type]) => type === 'input_resolved')).toHaveLength(1);
      }
    });

    it('lets a turn go on with the last of its inputs, also when two are answered at the same instant', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [left, right] = [ask(), ask()];
        const { threadId, turnId } = await waiting(left, right);
        const closed = await Promise.all(
          [left, right].map(({ id }) => inputs.answer(owner, id, { outcome: 'accepted' })),
        );
        expect(closed.filter((each) => each.kind === 'closed' && each.isLast)).toHaveLength(1);
        expect(await statusOf(threadId, turnId)).toBe('running');
        expect((await told(threadId)).filter(([type]) => type === 'input_resolved')).toHaveLength(2);
      }
    });

    it('closes what has expired, and takes no answer to it from then on', async () => {
      const asked = ask();
      const { threadId, turnId } = await waiting(asked);
      await subject.lapse(asked.id);
      expect(await inputs.answer(owner, asked.id, { outcome: 'accepted' })).toEqual({
        kind: 'conflict',
        status: 'expired',
      });
      const expired = await inputs.expire(100);
      expect(expired.map(({ input, isLast }) => [input.id, input.status, isLast])).toContainEqual([
        asked.id,
        'expired',
        true,
      ]);
      expect(await inputs.answer(owner, asked.id, { outcome: 'accepted' })).toEqual({
        kind: 'conflict',
        status: 'expired',
      });
      expect(await statusOf(threadId, turnId)).toBe('running');
      expect((await told(threadId)).at(-1)).toEqual([
        'input_resolved',
        { inputId: asked.id, outcome: 'expired' },
      ]);
    });

    it('forgets the name of a user who is erased, and nothing else', async () => {
      const [answered, open, others] = [
        ask(),
        ask({ assignee: reviewer.id }),
        ask({ assignee: assignee.id }),
      ];
      await waiting(answered, open, others);
      await inputs.answer(owner, answered.id, { outcome: 'declined' });
      const reviewed = ask({ role: 'admin' });
      await waiting(reviewed);
      await inputs.answer(reviewer, reviewed.id, { outcome: 'accepted' });
      await inputs.anonymise(reviewer);
      const [first, second, third, fourth] = await Promise.all(
        [answered, open, others, reviewed].map(({ id }) => inputs.find(owner, id)),
      );
      expect(first).toMatchObject({ answeredBy: owner.id });
      expect(second).toMatchObject({ status: 'open' });
      expect(second?.assignee).toBeUndefined();
      expect(third).toMatchObject({ assignee: assignee.id });
      expect(fourth).toMatchObject({ status: 'accepted' });
      expect(fourth?.answeredBy).toBeUndefined();
    });

    it('counts what is open', async () => {
      const before = await inputs.countOpen();
      const asked = ask();
      await waiting(asked);
      expect(await inputs.countOpen()).toBe(before + 1);
      await inputs.answer(owner, asked.id, { outcome: 'cancelled' });
      expect(await inputs.countOpen()).toBe(before);
    });

    it('takes no answer any more once the turn is taken to be stopped', async () => {
      const asked = ask();
      const { threadId, turnId } = await waiting(asked);
      await subject.turns.requestCancel(owner, threadId, turnId);
      const taken = await subject.turns.claimStoppedTurn(turnId);
      expect(taken).toMatchObject({ stop: 'cancelled', runsAgain: false });
      expect(await inputs.answer(owner, asked.id, { outcome: 'accepted' })).toMatchObject({
        kind: 'conflict',
      });
    });
  });
}
