import { Logger } from '@nestjs/common';

const SILENCE_MS = 60_000;

/** Says once that the queues cannot be reached, and once that they can again. */
export class QueueHealth {
  private readonly logger = new Logger('Queue');
  private isLost = false;
  private isClosed = false;
  private noted: { readonly message: string; readonly at: number } | undefined;

  lost(error: unknown): void {
    if (this.isLost || this.isClosed) return;
    this.isLost = true;
    this.logger.warn(`The queue cannot be used (${inWords(error)}); what waits is looked for until it can.`);
  }

  back(): void {
    if (!this.isLost || this.isClosed) return;
    this.isLost = false;
    this.logger.log('The queue can be used again.');
  }

  /** Something in a worker failed; of an outage that is expected, and the same again and again is said once a minute. */
  failed(error: unknown): void {
    const message = inWords(error);
    const isKnown = this.noted?.message === message && Date.now() - this.noted.at < SILENCE_MS;
    if (this.isLost || this.isClosed || isKnown) return;
    this.noted = { message, at: Date.now() };
    this.logger.warn(`A worker of the queue failed (${message}); it goes on.`);
  }

  /** From now on lost connections are what is wanted. */
  close(): void {
    this.isClosed = true;
  }
}

/** Only the message: what else hangs on an error of a driver may hold a password. */
function inWords(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : 'the connection was lost';
}
