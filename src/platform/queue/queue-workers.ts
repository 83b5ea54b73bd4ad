import { BullRegistrar } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';

/** The workers of this process. A process that only puts jobs into queues never starts them. */
@Injectable()
export class QueueWorkers {
  private areStarted = false;

  constructor(private readonly registrar: BullRegistrar) {}

  /** Makes a worker for every `@Processor`; they begin at once. Further calls do nothing. */
  start(): void {
    if (this.areStarted) return;
    this.areStarted = true;
    this.registrar.register();
  }
}
