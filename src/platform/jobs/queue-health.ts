import { Logger } from '@nestjs/common';

const SILENCE_MS = 60_000;

/** Logs once that the queues are unreachable, and once that they are reachable again. */
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

  /** Logs an error of a worker. During an outage errors are expected; a repeated one is logged once a minute. */
  failed(error: unknown): void {
    const message = inWords(error);
    const isKnown = this.noted?.message === message && Date.now() - this.noted.at < SILENCE_MS;
    if (this.isLost || this.isClosed || isKnown) return;
    this.noted = { message, at: Date.now() };
    this.logger.warn(`A worker of the queue failed (${message}); it goes on.`);
  }

  /** From now on lost connections are expected. */
  close(): void {
    this.isClosed = true;
  }
}

/** Only the message: other fields of a driver's error may contain a password. */
function inWords(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : 'the connection was lost';
}
