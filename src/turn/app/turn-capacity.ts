import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import type { OwnersAtCapacity } from '../ports/turn-store.js';

/** Whose turn it is. */
export type TurnOwner = Pick<Caller, 'org' | 'id'>;

type Limits = Pick<
  Config,
  'MAX_CONCURRENT_TURNS' | 'MAX_CONCURRENT_TURNS_PER_USER' | 'MAX_CONCURRENT_TURNS_PER_ORG'
>;

/** What somebody has may be so many times what he leaves to others. */
const TIMES_WHAT_IS_LEFT = 8;
/** With fewer places none is kept for other organisations. */
const PLACES_FOR_ORGS = 4;

/**
 * The places for turns in this process, and whether one more may begin. Nobody fills them: whoever has some takes
 * another only while enough are left, one at least for users that have none and one for other organisations. So what a
 * user may have shrinks as others come, and grows again when they go.
 */
@Injectable()
export class TurnCapacity {
  private taken = 0;
  private readonly users = new Map<string, number>();
  private readonly orgs = new Map<string, number>();
  private readonly listeners: (() => void)[] = [];

  constructor(@Inject(CONFIG) private readonly config: Limits) {}

  /** Places left; none below zero, though a turn that was taken over may have one too many. */
  get free(): number {
    return Math.max(0, this.config.MAX_CONCURRENT_TURNS - this.taken);
  }

  /** Whether a turn of the owner may begin. */
  hasCapacityFor({ org, id }: TurnOwner): boolean {
    const { free } = this;
    if (free === 0) return false;
    return (
      this.isWithinShare(this.users.get(keyOf(org, id)) ?? 0, 'user', free) &&
      this.isWithinShare(this.orgs.get(org) ?? 0, 'org', free)
    );
  }

  /** Who may not have the place that was reserved, of those who have turns here. */
  ownersAtCapacity(): OwnersAtCapacity {
    const free = this.free + 1;
    const full = (counts: ReadonlyMap<string, number>, kind: 'user' | 'org') =>
      [...counts].flatMap(([key, count]) => (this.isWithinShare(count, kind, free) ? [] : [key]));
    return { users: full(this.users, 'user'), orgs: full(this.orgs, 'org') };
  }

  /** Takes so many places, or as many as are left: each answer gives one back, once. */
  reserve(most: number): (() => void)[] {
    return Array.from({ length: Math.min(most, this.free) }, () => this.take());
  }

  /** Takes a place, whether there is one or not; the answer gives it back, once. */
  take(owner?: TurnOwner): () => void {
    this.taken += 1;
    this.count(owner, 1);
    if (this.free === 0) this.changed();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.taken -= 1;
      this.count(owner, -1);
      this.changed();
    };
  }

  /** Calls back whenever the room becomes full, and whenever a place is given back. */
  onChanged(listener: () => void): void {
    this.listeners.push(listener);
  }

  private isWithinShare(count: number, kind: 'user' | 'org', free: number): boolean {
    if (count === 0) return true;
    const { MAX_CONCURRENT_TURNS: places, ...limits } = this.config;
    const limit =
      kind === 'user' ? limits.MAX_CONCURRENT_TURNS_PER_USER : limits.MAX_CONCURRENT_TURNS_PER_ORG;
    if (limit !== undefined) return count < limit;
    const keptForOrgs = places < PLACES_FOR_ORGS ? 0 : 1;
    const kept = kind === 'user' ? keptForOrgs + 1 : keptForOrgs;
    return count <= TIMES_WHAT_IS_LEFT * (free - kept);
  }

  private count(owner: TurnOwner | undefined, change: 1 | -1): void {
    if (owner === undefined) return;
    add(this.users, keyOf(owner.org, owner.id), change);
    add(this.orgs, owner.org, change);
  }

  /** Each time another one is told first, for what is free may be gone when the last is told. */
  private changed(): void {
    const first = this.listeners.shift();
    if (first === undefined) return;
    this.listeners.push(first);
    for (const listener of [first, ...this.listeners.slice(0, -1)]) listener();
  }
}

/** As the database writes it too; see {@link OwnersAtCapacity}. */
function keyOf(org: string, id: string): string {
  return `${org}\n${id}`;
}

function add(counts: Map<string, number>, key: string, change: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
