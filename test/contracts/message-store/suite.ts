import type { Caller } from '../../../src/kernel/index.js';
import type { MessageStore } from '../../../src/thread/ports/message-store.js';
import { newUser } from '../../support/callers.js';
import type { HowTold, Told, ToldTurn } from '../../support/logged-turns.js';

/** What the suite needs of an implementation. */
export interface MessageStoreUnderTest {
  readonly messages: MessageStore;
  newThread(owner: Caller): Promise<string>;
  /** Writes a turn with its messages and events behind what the thread has. */
  tell(threadId: string, tell: (messageId: string) => readonly Told[], how?: HowTold): Promise<ToldTurn>;
  /** Makes an earlier turn the one that the next follows. */
  goBackTo(owner: Caller, threadId: string, turnId: string): Promise<void>;
  /** Lets a turn say another message behind those that it has; its id. */
  sayMore(turnId: string, content: string): Promise<string>;
  /** Lets the last answer of a turn call, and stores what came of it behind the messages that the turn has; its id. */
  result(turnId: string, callId: string, content: string): Promise<string>;
  /** Begins a turn that waits, or ends one that runs. */
  become(turnId: string, status: 'running' | 'completed' | 'cancelled'): Promise<void>;
  /** Lets an answer be drawn from documents up to this level: 0 is `public`, 3 `restricted`. */
  drawFrom(messageId: string, level: number): Promise<void>;
}

/** A store under test, and a user whose threads it has. */
export type MessageStoreSuite = ReturnType<typeof messageStoreSuite>;

/** What all suites of a message store have in common. */
export function messageStoreSuite(setUp: () => Promise<MessageStoreUnderTest>) {
  const alice = newUser();
  let subject: MessageStoreUnderTest;
  beforeAll(async () => {
    subject = await setUp();
  });

  return {
    alice,
    get subject() {
      return subject;
    },
  };
}
