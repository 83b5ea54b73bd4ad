import { newId, type Caller } from '../../src/kernel/index.js';
import type { NewThread, ThreadPosition, ThreadStore } from '../../src/thread/ports/thread-store.js';

export interface ThreadStoreUnderTest {
  readonly threads: ThreadStore;
  /** Says something in the thread, as a turn does; answers the turn, which runs. */
  say(caller: Caller, threadId: string, content: string): Promise<string>;
  /** Puts a turn into the thread's line, behind the others or, when it interrupts, before them. */
  lineUp(caller: Caller, threadId: string, interrupts: boolean): Promise<string>;
  end(turnId: string): Promise<void>;
}

const callerNamed = (id: string, org: string): Caller => ({
  id,
  org,
  roles: ['user'],
  clearance: 'internal',
  name: undefined,
  email: undefined,
});

/** Holds an implementation to every promise of {@link ThreadStore}. */
export function describeThreadStore(name: string, setUp: () => Promise<ThreadStoreUnderTest>): void {
  describe(`the thread store in ${name}`, () => {
    let subject: ThreadStoreUnderTest;
    let alice: Caller;
    beforeAll(async () => {
      subject = await setUp();
    });
    beforeEach(() => {
      alice = callerNamed(newId(), 'acme');
    });

    const create = (caller: Caller, change: Partial<NewThread> = {}) =>
      subject.threads.create(caller, {
        id: newId(),
        title: null,
        workflow: 'chat',
        workflowVersion: 1,
        metadata: {},
        createdAt: new Date().toISOString(),
        ...change,
      });

    it('gives back what it was given', async () => {
      const made = await create(alice, { title: 'Größe “1” 😀', metadata: { a: { b: [1, null] } } });

      expect(await subject.threads.find(alice, made.id)).toEqual(made);
    });

    it('shows a thread to nobody but its owner, by any question', async () => {
      const made = await create(alice, { title: 'secret plan' });
      const others = [callerNamed('bob', 'acme'), callerNamed(alice.id, 'other'), callerNamed('', '')];

      for (const other of others) {
        expect(await subject.threads.find(other, made.id)).toBeUndefined();
        expect(await subject.threads.update(other, made.id, { title: 'mine' })).toBeUndefined();
        expect(await subject.threads.moveHead(other, made.id, newId())).toEqual({
          kind: 'absent',
          what: 'thread',
        });
        expect(await subject.threads.remove(other, made.id)).toBe('absent');
        expect(await subject.threads.head(other, made.id)).toBeUndefined();
        expect(await subject.threads.place(other, made.id, 0)).toBeUndefined();
        expect(await subject.threads.newestAnswer(other, made.id)).toBeUndefined();
        expect(await subject.threads.answerPast(other, made.id, 0)).toBeUndefined();
        expect((await subject.threads.list(other, 10, undefined, 'secret')).threads).toEqual([]);
      }
      expect((await subject.threads.find(alice, made.id))?.title).toBe('secret plan');
    });

    it('lists newest activity first, in pages without a gap or a double', async () => {
      const createdAt = new Date(Date.UTC(2026, 0, 1)).toISOString();
      // Many of one instant: the id decides between them.
      const made = await Promise.all(Array.from({ length: 7 }, () => create(alice, { createdAt })));
      await subject.say(alice, made[3]!.id, 'Hello');

      const seen: string[] = [];
      let after: ThreadPosition | undefined;
      do {
        const page = await subject.threads.list(alice, 2, after, undefined);
        seen.push(...page.threads.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);

      expect(seen[0]).toBe(made[3]!.id);
      expect([...seen].sort()).toEqual(made.map(({ id }) => id).sort());
      expect(seen).toHaveLength(7);
    });

    it('has the newest turn as its head, and an earlier one when that is asked for', async () => {
      const made = await create(alice);
      expect(made.headTurnId).toBeNull();
      const turns: string[] = [];
      for (const content of ['One', 'Two', 'Three']) {
        turns.push(await subject.say(alice, made.id, content));
        await subject.end(turns.at(-1)!);
      }
      const head = async () => (await subject.threads.find(alice, made.id))?.headTurnId;
      expect(await head()).toBe(turns[2]);
      const moved = await subject.threads.moveHead(alice, made.id, turns[0]!);
      expect(moved).toEqual({ kind: 'moved', thread: await subject.threads.find(alice, made.id) });
      expect(await head()).toBe(turns[0]);
      const other = await subject.say(alice, made.id, 'Another two');
      await subject.end(other);
      expect(await subject.threads.find(alice, made.id)).toMatchObject({
        headTurnId: other,
        messageCount: 8,
      });
    });

    it('keeps its head while it has anything to do, and has no turn of another as its head', async () => {
      const { id } = await create(alice);
      const first = await subject.say(alice, id, 'One');
      const waiting = await subject.lineUp(alice, id, false);
      expect(await subject.threads.moveHead(alice, id, first)).toEqual({ kind: 'busy', turnId: first });
      await subject.end(first);
      expect(await subject.threads.moveHead(alice, id, first)).toEqual({ kind: 'busy', turnId: waiting });
      await subject.end(waiting);
      const other = await create(alice);
      const elsewhere = await subject.say(alice, other.id, 'Elsewhere');
      for (const turnId of [elsewhere, newId()])
        expect(await subject.threads.moveHead(alice, id, turnId)).toEqual({ kind: 'absent', what: 'turn' });
      expect(await subject.threads.find(alice, id)).toMatchObject({ headTurnId: waiting });
    });

    it('searches titles and messages, whatever the case, and takes wildcards as they are', async () => {
      const titled = await create(alice, { title: '100% Wool_Socks' });
      const said = await create(alice, { title: 'Other' });
      await subject.say(alice, said.id, 'Where do the PENGUINS live?');

      const search = async (text: string) =>
        (await subject.threads.list(alice, 10, undefined, text)).threads.map(({ id }) => id);
      expect(await search('wool_s')).toEqual([titled.id]);
      expect(await search('penguin')).toEqual([said.id]);
      expect(await search('100%')).toEqual([titled.id]);
      expect(await search('woolXsocks')).toEqual([]);
      expect(await search('%')).toEqual([titled.id]);
    });

    it('is active with the turn that runs, or the first that waits for its turn', async () => {
      const { id } = await create(alice);
      const active = async () => {
        const { status, activeTurnId } = (await subject.threads.find(alice, id))!;
        return [status, activeTurnId];
      };
      const first = await subject.say(alice, id, 'Hello');
      const waiting = await subject.lineUp(alice, id, false);
      await subject.lineUp(alice, id, false);
      expect(await active()).toEqual(['running', first]);

      await subject.end(first);
      expect(await active()).toEqual(['running', waiting]);
      const urgent = await subject.lineUp(alice, id, true);
      expect(await active()).toEqual(['running', urgent]);
      expect((await subject.threads.list(alice, 1, undefined, undefined)).threads[0]).toMatchObject({
        status: 'running',
        activeTurnId: urgent,
      });
    });

    it('is idle when nothing runs or waits', async () => {
      const { id } = await create(alice);
      await subject.end(await subject.say(alice, id, 'Hello'));

      expect(await subject.threads.find(alice, id)).toMatchObject({ status: 'idle', activeTurnId: null });
    });

    it('takes the newest answer from a turn that has begun, with where the log ended', async () => {
      const { id } = await create(alice);
      expect(await subject.threads.newestAnswer(alice, id)).toBeUndefined();
      const turnId = await subject.say(alice, id, 'Hello');
      await subject.lineUp(alice, id, false);

      expect(await subject.threads.newestAnswer(alice, id)).toMatchObject({
        turnId,
        content: '',
        lastEventId: 1,
      });
    });

    it('says where a reader stands in the log', async () => {
      const { id } = await create(alice);
      await subject.say(alice, id, 'Hello');

      const places = await Promise.all([0, 1, 9].map((cursor) => subject.threads.place(alice, id, cursor)));
      expect(places).toEqual([1, 2, 3].map(() => ({ head: 1, isKept: true })));
    });

    it('changes what is named and leaves the rest', async () => {
      const made = await create(alice, { title: 'Old', metadata: { a: 1 } });

      expect(await subject.threads.update(alice, made.id, { title: 'New' })).toMatchObject({
        title: 'New',
        metadata: { a: 1 },
      });
      expect(await subject.threads.update(alice, made.id, { metadata: { b: 2 } })).toMatchObject({
        title: 'New',
        metadata: { b: 2 },
      });
    });

    it('removes a thread once', async () => {
      const made = await create(alice);
      await subject.say(alice, made.id, 'Hello');

      // Its turn has not ended.
      expect(await subject.threads.remove(alice, made.id)).toBe('busy');
      expect(await subject.threads.find(alice, made.id)).toBeDefined();
      expect(await subject.threads.remove(alice, made.id, true)).toBe('removed');
      expect(await subject.threads.find(alice, made.id)).toBeUndefined();
      expect(await subject.threads.remove(alice, made.id)).toBe('absent');
    });

    it('takes the first message’s words as the title until there is one', async () => {
      const untitled = await create(alice);
      const titled = await create(alice, { title: 'Mine' });
      await subject.say(alice, untitled.id, 'Hello there');
      await subject.say(alice, titled.id, 'Hello there');

      expect((await subject.threads.find(alice, untitled.id))?.title).toBe('Hello there');
      expect((await subject.threads.find(alice, titled.id))?.title).toBe('Mine');
    });
  });
}
