import { Inject, Injectable } from '@nestjs/common';
import { CreateThread, THREAD_STORE, type ThreadStore } from '../../chat/index.js';
import type { Caller } from '../../kernel/index.js';
import { asId } from '../body-parts.js';
import { threadIdOf } from './own-ids.js';

/** Finds the thread that a `chatId` stands for. */
@Injectable()
export class FindChat {
  constructor(
    private readonly createThread: CreateThread,
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
  ) {}

  /** The id of the thread: the one named, which may not be there, or the one that the caller's own name stands for. */
  async threadId(caller: Caller, chatId: string): Promise<string> {
    return asId(chatId) ?? this.named(caller, chatId);
  }

  private async named(caller: Caller, chatId: string): Promise<string> {
    const id = threadIdOf(caller, chatId);
    if ((await this.threads.find(caller, id)) !== undefined) return id;
    try {
      await this.createThread.create(caller, { id, metadata: { chatId } });
    } catch (error) {
      // Whoever asked for it at the same time may have been first.
      if ((await this.threads.find(caller, id)) === undefined) throw error;
    }
    return id;
  }
}
