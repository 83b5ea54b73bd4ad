import { AppError, type Caller } from '../../src/kernel/index.js';
import type { AttemptRecord, UsageLedger } from '../../src/usage/ports/usage-ledger.js';
import type { InFlightAttempts } from '../../src/usage/ports/in-flight-attempts.js';
import type { FinishedTurn, Lease, TurnEnd } from '../../src/turn/ports/turn-store.js';
import { attemptOf, begunOf, reckoned } from '../support/attempts.js';
import { newUser } from '../support/callers.js';

export interface EndedAlongUnderTest {
  readonly ledger: UsageLedger;
  readonly inFlight: InFlightAttempts;
  /** A turn that runs. */
  begin(caller: Caller): Promise<Lease>;
  /** Ends it, with what of it waits for that. */
  end(lease: Lease, change?: Partial<TurnEnd>): Promise<FinishedTurn>;
  /** The ledger's rows of the turn. */
  rows(turnId: string): Promise<readonly { input_tokens: number; outcome: string; provider: string }[]>;
  /** How the turn stands. */
  statusOf(turnId: string): Promise<string>;
  /** Lets the next statement that ends a turn reach the database, and its answer nobody. */
  loseAnswer(): void;
}

/** Holds what ends with a turn to every promise of `EndedAlong`, in the statement that ends one. */
export function describeEndedAlong(name: string, setUp: () => EndedAlongUnderTest): void {
  describe(`what is stored along with the end of a turn, by ${name}`, () => {
    const alice = newUser();
    const attempts = (change: Partial<AttemptRecord>) => attemptOf(alice.org, alice.id, change);

    async function answered(change: Partial<AttemptRecord> = {}) {
      const { ledger } = setUp();
      const lease = await setUp().begin(alice);
      const { threadId, turnId } = lease.context;
      const attempt = attempts({ cause: { type: 'turn', threadId, turnId }, ...change });
      await ledger.begin(begunOf(attempt));
      return { lease, turnId, attempt, stored: ledger.recordWithTurn(attempt, turnId) };
    }

    it('is the attempt that waits for it: recorded with it, and in flight no longer', async () => {
      const { lease, turnId, stored } = await answered({ provider: 'groq', inputTokens: 12 });
      expect(await setUp().rows(turnId)).toEqual([]);
      expect(await setUp().end(lease)).toEqual({ isStored: true, nextId: undefined });
      expect(await setUp().rows(turnId)).toEqual([
        { input_tokens: 12, outcome: 'completed', provider: 'groq' },
      ]);
      expect(await setUp().inFlight.ofTurn(turnId)).toEqual([]);
      expect(await stored).toBe('stored');
    });

    it('is in flight until then: whoever takes the turn over from a dead process reckons it', async () => {
      const { turnId, attempt } = await answered();
      expect(await setUp().inFlight.ofTurn(turnId)).toMatchObject([{ id: attempt.id }]);
      await setUp().inFlight.close([reckoned(attempt)]);
      expect(await setUp().rows(turnId)).toMatchObject([{ input_tokens: 7, outcome: 'failed' }]);
    });

    it('is nothing where none waits', async () => {
      const lease = await setUp().begin(alice);
      expect(await setUp().end(lease)).toEqual({ isStored: true, nextId: undefined });
      expect(await setUp().rows(lease.context.turnId)).toEqual([]);
    });

    it('takes the place of an estimate, and says so', async () => {
      const { lease, turnId, attempt, stored } = await answered();
      await setUp().inFlight.close([reckoned(attempt)]);
      await setUp().end(lease);
      expect(await setUp().rows(turnId)).toMatchObject([{ input_tokens: 100, outcome: 'completed' }]);
      expect(await stored).toBe('corrected');
    });

    it('is recorded also where the lease has passed, which ends nothing', async () => {
      const { lease, turnId, stored } = await answered();
      expect((await setUp().end({ ...lease, epoch: lease.epoch + 1 })).isStored).toBe(false);
      expect(await stored).toBe('stored');
      expect(await setUp().rows(turnId)).toHaveLength(1);
      expect(await setUp().statusOf(turnId)).toBe('running');
    });

    it('is recorded also where the end is refused for good', async () => {
      const { lease, turnId, stored } = await answered();
      const error = new AppError('INTERNAL', 'a\0b').toBody();
      await expect(setUp().end(lease, { error })).rejects.toThrow();
      expect(await stored).toBe('stored');
      expect(await setUp().rows(turnId)).toHaveLength(1);
      expect(await setUp().end(lease)).toMatchObject({ isStored: true });
      expect(await setUp().rows(turnId)).toHaveLength(1);
    });

    it('keeps no turn from its end that cannot be recorded itself', async () => {
      const { lease, turnId, stored } = await answered({ durationMs: 1e15 });
      expect(await setUp().end(lease)).toMatchObject({ isStored: true });
      expect(await setUp().statusOf(turnId)).toBe('cancelled');
      expect(await stored).toBe('stored');
      expect(await setUp().rows(turnId)).toEqual([]);
    });

    it('is there once when the answer to the end was lost', async () => {
      const { lease, turnId, stored } = await answered();
      setUp().loseAnswer();
      await expect(setUp().end(lease)).rejects.toThrow('lost');
      expect(await setUp().end(lease)).toMatchObject({ isStored: true });
      expect(await stored).toBe('stored');
      expect(await setUp().rows(turnId)).toHaveLength(1);
    });
  });
}
