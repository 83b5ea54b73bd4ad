import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import { StatelessTurns, type StartedTurn } from '../../turn/index.js';
import { CreateThread } from './create-thread.js';
import { PostMessage, type PostedMessage } from './post-message.js';

/** Creates a thread with its first message. */
@Injectable()
export class StartThread {
  constructor(
    private readonly turns: StatelessTurns,
    private readonly createThread: CreateThread,
    private readonly postMessage: PostMessage,
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
  ) {}

  /** If the message cannot be posted, the thread is deleted again. Throws as {@link PostMessage} does. */
  async start(caller: Caller, message: PostedMessage, workflow?: string): Promise<StartedTurn> {
    this.turns.checkCapacity();
    const { id } = await this.createThread.create(caller, { workflow });
    try {
      return await this.postMessage.post(caller, id, message, undefined);
    } catch (error) {
      // No client knows the thread, so nobody would ever delete it.
      await this.threads.remove(caller, id).catch(() => undefined);
      throw error;
    }
  }
}
