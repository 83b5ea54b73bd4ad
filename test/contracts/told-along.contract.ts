import { newId, type Caller } from '../../src/kernel/index.js';
import type { TurnStore } from '../../src/turn/index.js';
import type { Lease } from '../../src/turn/ports/turn-store.js';
import { leaseOf, LINED_UP } from './turn-store/suite.js';
import { newUser } from '../support/callers.js';
import { newTurn, turnEnd } from '../support/turns.js';

/** What is stored for other systems. */
export interface StoredHappening {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ToldAlongUnderTest {
  /** Tells other systems of all that happens in the organisation `told`, and of nothing in others. */
  readonly turns: TurnStore;
  readonly told: string;
  newThread(owner: Caller): Promise<string>;
  /** In the order in which it was stored. */
  storedOf(turnId: string): Promise<readonly StoredHappening[]>;
}

/** Holds an implementation to every promise of `ToldAlong`, in the statements that suspend and end turns. */
export function describeToldAlong(name: string, setUp: () => ToldAlongUnderTest): void {
  describe(`what other systems are told of a turn, by ${name}`, () => {
    const begin = async (org = setUp().told) => {
      const { turns } = setUp();
      const caller = { ...newUser(), org };
      const turn = newTurn(caller, await setUp().newThread(caller));
      const accepted = await turns.accept(turn);
      if (accepted.kind !== 'accepted') throw new Error(`the turn is ${accepted.kind}`);
      return { turn, lease: leaseOf(turn, accepted.firstSeq), caller };
    };

    it('is stored with its end, once', async () => {
      const { lease, caller } = await begin();
      const { turnId, threadId } = lease.context;
      const end = turnEnd(lease);
      expect(await setUp().turns.finish(end)).toMatchObject({ isStored: true });
      await setUp().turns.finish(end);
      expect(await setUp().storedOf(turnId)).toEqual([
        {
          type: 'turn_ended',
          data: {
            ...{ threadId, turnId, workflow: 'chat', workflowVersion: 1, workflowRunId: null },
            ...{ status: 'cancelled', userId: caller.id },
          },
        },
      ]);
    });

    it('is nothing of an end that is not stored', async () => {
      const { lease } = await begin();
      expect(await setUp().turns.finish({ ...turnEnd(lease), epoch: 7 })).toMatchObject({ isStored: false });
      expect(await setUp().storedOf(lease.context.turnId)).toEqual([]);
    });

    it('is that its run has ended, too, where that has', async () => {
      const { lease } = await begin();
      const runId = newId();
      const workflowState = { runId, step: 'last', status: 'completed', stepsDone: 3 } as const;
      await setUp().turns.finish({ ...turnEnd(lease), outcome: 'completed', workflowState });
      expect(await setUp().storedOf(lease.context.turnId)).toMatchObject([
        { type: 'turn_ended', data: { status: 'completed' } },
        { type: 'run_ended', data: { workflowRunId: runId, status: 'completed' } },
      ]);
    });

    /** Lets the turn wait for a judge; the input that it waits for. */
    const suspend = async ({ context }: Lease) => {
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      const id = newId();
      const input = {
        id,
        key: 'one',
        kind: 'human_step' as const,
        prompt: 'Well?',
        schema: {},
        role: 'judge',
      };
      const inputs = [{ ...input, expiresAt }];
      const wait = { context, epoch: 1, fromSeq: 1, events: [], inputs, workflowRunId: null };
      expect(await setUp().turns.suspend(wait)).toBe('waiting');
      return { id, expiresAt };
    };

    it('is what it waits for, without a word of it', async () => {
      const { lease } = await begin();
      const asked = await suspend(lease);
      const [waiting] = await setUp().storedOf(lease.context.turnId);
      expect(waiting).toMatchObject({
        type: 'turn_waiting',
        data: { status: 'waiting', inputs: [{ ...asked, kind: 'human_step', role: 'judge' }] },
      });
      expect(JSON.stringify(waiting)).not.toContain('Well?');
    });

    it('is the end of one that was stopped in line behind it meanwhile', async () => {
      const { lease, caller } = await begin();
      const { threadId } = lease.context;
      await suspend(lease);
      const next = newTurn(caller, threadId);
      expect(await setUp().turns.enqueue(next, LINED_UP)).toMatchObject({ kind: 'queued' });
      await setUp().turns.requestCancel(caller, threadId, next.turnId);
      await setUp().turns.endStopped(threadId);
      expect(await setUp().storedOf(next.turnId)).toEqual([
        {
          type: 'turn_ended',
          data: {
            ...{ threadId, turnId: next.turnId, workflow: 'chat', workflowVersion: 1, workflowRunId: null },
            ...{ status: 'cancelled', userId: caller.id },
          },
        },
      ]);
    });

    it('is nothing where its organisation tells nobody', async () => {
      const { lease } = await begin(newId());
      expect(await setUp().turns.finish(turnEnd(lease))).toMatchObject({ isStored: true });
      expect(await setUp().storedOf(lease.context.turnId)).toEqual([]);
    });
  });
}
