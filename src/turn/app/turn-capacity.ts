import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import type { OwnersAtCapacity } from '../ports/turn-store.js';

/** The owner of a turn. */
export type TurnOwner = Pick<Caller, 'org' | 'id'>;

type Limits = Pick<
  Config,
  'MAX_CONCURRENT_TURNS' | 'MAX_CONCURRENT_TURNS_PER_USER' | 'MAX_CONCURRENT_TURNS_PER_ORG'
>;

/** An owner may use up to this many times the slots that are left free for others. */
const MAX_RATIO_TO_FREE = 8;
/** With fewer slots than this, none is reserved for other organisations. */
const MIN_SLOTS_TO_RESERVE_FOR_ORGS = 4;

/**
 * The turn slots of this process, and whether another turn may begin. No owner can use all of them: one with running
 * turns gets another slot only while enough are left, at least one for users without any and one for other
 * organisations. So a user's share shrinks as others arrive, and grows again when they leave.
 */
@Injectable()
export class TurnCapacity {
  private inUse = 0;
  private readonly users = new Map<string, number>();
  private readonly orgs = new Map<string, number>();
  private readonly listeners: (() => void)[] = [];

  constructor(@Inject(CONFIG) private readonly config: Limits) {}

  /** Free slots; never below zero, although a recovered turn may exceed the limit by one. */
  get free(): number {
    return Math.max(0, this.config.MAX_CONCURRENT_TURNS - this.inUse);
  }

  /** Whether another turn of the owner may begin. */
  hasCapacityFor({ org, id }: TurnOwner): boolean {
    const { free } = this;
    if (free === 0) return false;
    return (
      this.isWithinShare(this.users.get(keyOf(org, id)) ?? 0, 'user', free) &&
      this.isWithinShare(this.orgs.get(org) ?? 0, 'org', free)
    );
  }

  /** Owners with turns here that may not have the slot just reserved. */
  ownersAtCapacity(): OwnersAtCapacity {
    const free = this.free + 1;
    const full = (counts: ReadonlyMap<string, number>, kind: 'user' | 'org') =>
      [...counts].flatMap(([key, count]) => (this.isWithinShare(count, kind, free) ? [] : [key]));
    return { users: full(this.users, 'user'), orgs: full(this.orgs, 'org') };
  }

  /** Reserves up to `most` slots; each function returned releases one, once. */
  reserve(most: number): (() => void)[] {
    return Array.from({ length: Math.min(most, this.free) }, () => this.acquire());
  }

  /** Acquires a slot, even beyond the limit; the function returned releases it, once. */
  acquire(owner?: TurnOwner): () => void {
    this.inUse += 1;
    this.count(owner, 1);
    if (this.free === 0) this.changed();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.inUse -= 1;
      this.count(owner, -1);
      this.changed();
    };
  }

  /** Calls back whenever the last slot is taken, and whenever one is released. */
  onChanged(listener: () => void): void {
    this.listeners.push(listener);
  }

  private isWithinShare(count: number, kind: 'user' | 'org', free: number): boolean {
    if (count === 0) return true;
    const { MAX_CONCURRENT_TURNS: slots, ...limits } = this.config;
    const limit =
      kind === 'user' ? limits.MAX_CONCURRENT_TURNS_PER_USER : limits.MAX_CONCURRENT_TURNS_PER_ORG;
    if (limit !== undefined) return count < limit;
    const keptForOrgs = slots < MIN_SLOTS_TO_RESERVE_FOR_ORGS ? 0 : 1;
    const kept = kind === 'user' ? keptForOrgs + 1 : keptForOrgs;
    return count <= MAX_RATIO_TO_FREE * (free - kept);
  }

  private count(owner: TurnOwner | undefined, change: 1 | -1): void {
    if (owner === undefined) return;
    add(this.users, keyOf(owner.org, owner.id), change);
    add(this.orgs, owner.org, change);
  }

  /** Rotates the order of the listeners, since the first ones may use up what is free. */
  private changed(): void {
    const first = this.listeners.shift();
    if (first === undefined) return;
    this.listeners.push(first);
    for (const listener of [first, ...this.listeners.slice(0, -1)]) listener();
  }
}

/** The same format as in the database; see {@link OwnersAtCapacity}. */
function keyOf(org: string, id: string): string {
  return `${org}\n${id}`;
}

function add(counts: Map<string, number>, key: string, change: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
