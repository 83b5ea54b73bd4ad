import type { Caller, Person } from '../../kernel/index.js';
import type { Memory, Profile } from '../core/profile.js';

/** Injection token of the {@link ProfileStore}. */
export const PROFILE_STORE = Symbol('ProfileStore');

/** What users say of themselves, and what is to be remembered of them. Each method is about the person's own only. */
export interface ProfileStore {
  /** `undefined` before the first {@link put}. */
  profile(person: Person): Promise<Profile | undefined>;
  /** Replaces the whole profile; memories stay. */
  put(caller: Caller, profile: Omit<Profile, 'updatedAt'>): Promise<Profile>;
  /** Adds a memory; `undefined` if the person has {@link MAX_MEMORIES} already, also when several are added at once. */
  add(caller: Caller, content: string): Promise<Memory | undefined>;
  /** The newest first, so many at most, and those older than `before` where it is given. */
  memories(person: Person, limit: number, before: string | undefined): Promise<readonly Memory[]>;
  /** Whether there was such a memory of the caller's. */
  remove(caller: Caller, id: string): Promise<boolean>;
  /** The profile and all memories. */
  removeAll(person: Person): Promise<void>;
}
