import type { Caller } from '../../src/kernel/index.js';
import type { MessageIndex } from '../../src/thread/ports/message-index.js';
import { newUser } from '../support/callers.js';
import type { HowTold } from '../support/logged-turns.js';

export interface MessageIndexUnderTest {
  readonly index: MessageIndex;
  newThread(owner: Caller): Promise<string>;
  /** Writes a turn with its messages, which the index is to take in. */
  tell(threadId: string, how: HowTold): Promise<string>;
  end(turnId: string): Promise<void>;
  /** The caller's threads in whose messages the text is found. */
  search(caller: Caller, text: string): Promise<readonly string[]>;
}

/** Holds an implementation to every promise of {@link MessageIndex}; nobody else's messages are in it. */
export function describeMessageIndex(name: string, setUp: () => MessageIndexUnderTest): void {
  describe(`the index of messages in ${name}`, () => {
    const ENDED = { endedMsAgo: 1_000 } as const;
    let subject: MessageIndexUnderTest;
    beforeEach(async () => {
      subject = setUp();
      while ((await subject.index.indexPending()) > 0);
    });

    it('takes in threads whose turns have ended, and has nothing to do after that', async () => {
      const alice = newUser();
      for (let count = 0; count < 3; count += 1)
        await subject.tell(await subject.newThread(alice), { ...ENDED, text: 'Herons' });
      let taken = 0;
      for (let now = 1; now > 0; taken += now) now = await subject.index.indexPending();
      expect(taken).toBeGreaterThanOrEqual(3);
      expect(await subject.index.indexPending()).toBe(0);
    });

    it('leaves a thread alone whose turn has not ended', async () => {
      const turnId = await subject.tell(await subject.newThread(newUser()), {});
      expect(await subject.index.indexPending()).toBe(0);
      await subject.end(turnId);
      expect(await subject.index.indexPending()).toBe(1);
    });

    it('takes in a bounded amount of text at once', async () => {
      const alice = newUser();
      for (let count = 0; count < 3; count += 1)
        await subject.tell(await subject.newThread(alice), { ...ENDED, text: 'words '.repeat(25_000) });
      const [first, second] = [await subject.index.indexPending(), await subject.index.indexPending()];
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThan(0);
    });

    it('does the work of several processes once', async () => {
      const alice = newUser();
      for (let count = 0; count < 3; count += 1)
        await subject.tell(await subject.newThread(alice), { ...ENDED, text: 'Herons' });
      const taken = await Promise.all(Array.from({ length: 4 }, () => subject.index.indexPending()));
      expect(taken.some((count) => count > 0)).toBe(true);
      expect(taken.filter((count) => count === 0).length).toBeGreaterThan(0);
      while ((await subject.index.indexPending()) > 0);
    });

    it('changes nothing of what a search finds', async () => {
      const alice = newUser();
      const [said, silent] = [await subject.newThread(alice), await subject.newThread(alice)];
      await subject.tell(said, { ...ENDED, text: 'Grey herons nest in the tall reeds' });
      await subject.tell(silent, { ...ENDED, text: 'Storks nest on the chimney' });
      const searches = async () => [
        await subject.search(alice, 'HERONS nest'),
        await subject.search(alice, 'owls'),
      ];
      const before = await searches();
      expect(before).toEqual([[said], []]);
      while ((await subject.index.indexPending()) > 0);
      expect(await searches()).toEqual(before);
    });
  });
}
