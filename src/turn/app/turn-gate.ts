import { Injectable } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';

/** Whether this process still takes messages. Once closed it stays closed. */
@Injectable()
export class TurnGate {
  private open = true;

  get isOpen(): boolean {
    return this.open;
  }

  /** Throws `SHUTTING_DOWN` when the process is on its way out. */
  check(): void {
    if (this.open) return;
    throw new AppError(
      'SHUTTING_DOWN',
      'The server is stopping and takes no new messages. Try again in a moment.',
      {
        retryAfter: 1,
      },
    );
  }

  close(): void {
    this.open = false;
  }
}
