import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { THREAD_STORE, type Thread, type ThreadStore } from '../../thread/index.js';

/** Chooses the branch of a thread that is shown and continued. */
@Injectable()
export class MoveHead {
  constructor(@Inject(THREAD_STORE) private readonly threads: ThreadStore) {}

  /**
   * Makes the turn the thread's head. Throws `NOT_FOUND`, `THREAD_BUSY` while a turn of the thread is active, or
   * `STATE_CONFLICT` where too many branches lie behind what would follow.
   */
  async move(caller: Caller, threadId: string, turnId: string): Promise<Thread> {
    const move = await this.threads.moveHead(caller, threadId, turnId);
    switch (move.kind) {
      case 'moved':
        return move.thread;
      case 'absent':
        throw new AppError('NOT_FOUND', `There is no such ${move.what}.`);
      case 'busy':
        throw new AppError(
          'THREAD_BUSY',
          'The thread is still answering. Wait for that turn, or cancel it first.',
          {
            details: { turnId: move.turnId },
          },
        );
    }
  }
}
