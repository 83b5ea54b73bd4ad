import { Injectable } from '@nestjs/common';
import { Listener } from '../../platform/database/index.js';
import type { IngestionSignals } from '../ports/ingestion-signals.js';
import { INGESTED_CHANNEL, INGESTION_CHANNEL } from './notifications.js';

/** Signals by NOTIFY, received on the process's one listening connection. */
@Injectable()
export class PostgresIngestionSignals implements IngestionSignals {
  constructor(private readonly listener: Listener) {}

  onWork(wake: () => void): Promise<void> {
    return this.listener.listen(INGESTION_CHANNEL, wake);
  }

  onEnded(ended: (documentId: string | undefined) => void): Promise<void> {
    return this.listener.listen(INGESTED_CHANNEL, (payload) => ended(payload === '' ? undefined : payload));
  }
}
