import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { MAX_MEMORIES, type Memory } from '../core/profile.js';
import { PROFILE_STORE, type ProfileStore } from '../ports/profile-store.js';

/** A page of memories, and the last one's id where another page follows. */
export interface MemoryPage {
  readonly memories: readonly Memory[];
  readonly lastId: string | undefined;
}

/** What users want to be remembered of them. */
@Injectable()
export class Memories {
  constructor(
    @Inject(PROFILE_STORE) private readonly store: Pick<ProfileStore, 'add' | 'memories' | 'remove'>,
  ) {}

  /** Throws `STATE_CONFLICT` when the user has as many as may be. */
  async add(caller: Caller, content: string): Promise<Memory> {
    const memory = await this.store.add(caller, content);
    if (memory !== undefined) return memory;
    throw new AppError(
      'STATE_CONFLICT',
      `You have ${MAX_MEMORIES} memories, and there is room for no more. Delete one first.`,
      { details: { limit: MAX_MEMORIES } },
    );
  }

  /** The newest first. */
  async list(caller: Caller, limit: number, before: string | undefined): Promise<MemoryPage> {
    const found = await this.store.memories(caller, limit + 1, before);
    const memories = found.slice(0, limit);
    return { memories, lastId: found.length > limit ? memories.at(-1)?.id : undefined };
  }

  /** Throws `NOT_FOUND`. */
  async remove(caller: Caller, id: string): Promise<void> {
    if (await this.store.remove(caller, id)) return;
    throw new AppError('NOT_FOUND', 'There is no such memory.');
  }
}
