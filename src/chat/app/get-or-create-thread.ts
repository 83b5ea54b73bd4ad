import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import { CreateThread, type ThreadRequest } from './create-thread.js';
import { threadIdOf } from './foreign-ids.js';

/** Finds or creates the thread for a name that the caller's system uses. */
@Injectable()
export class GetOrCreateThread {
  constructor(
    private readonly createThread: CreateThread,
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
  ) {}

  /** The thread's id; the first request with the name creates the thread, with this metadata and workflow. */
  async idFor(
    caller: Caller,
    name: string,
    metadata: NonNullable<ThreadRequest['metadata']>,
    workflow?: string,
  ): Promise<string> {
    const id = threadIdOf(caller, name);
    if ((await this.threads.find(caller, id)) !== undefined) return id;
    try {
      await this.createThread.create(caller, { id, metadata, workflow });
    } catch (error) {
      // A concurrent request may have been first.
      if ((await this.threads.find(caller, id)) === undefined) throw error;
    }
    return id;
  }
}
