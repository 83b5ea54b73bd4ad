import { Injectable } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';

/** Whether this process accepts new turns. Once it is draining, it never accepts any again. */
@Injectable()
export class DrainState {
  private accepting = true;

  get isAccepting(): boolean {
    return this.accepting;
  }

  /** Throws `SHUTTING_DOWN` when the process is draining. */
  throwIfDraining(): void {
    if (this.accepting) return;
    throw new AppError(
      'SHUTTING_DOWN',
      'The server is stopping and takes no new messages. Try again in a moment.',
      {
        retryAfter: 1,
      },
    );
  }

  startDraining(): void {
    this.accepting = false;
  }
}
