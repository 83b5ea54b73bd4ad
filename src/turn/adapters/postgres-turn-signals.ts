import { Injectable } from '@nestjs/common';
import { Listener } from '../../platform/database/index.js';
import { PROCESS_ID } from '../core/process-id.js';
import type { TurnSignals } from '../ports/turn-signals.js';
import type { StopReason } from '../ports/turn-store.js';
import { THREAD_LOG_CHANNEL, TURN_STOP_CHANNEL } from './notifications.js';

/** Wake-ups by NOTIFY, heard on the process's one listening connection. */
@Injectable()
export class PostgresTurnSignals implements TurnSignals {
  constructor(private readonly listener: Listener) {}

  onAppended(wake: (threadId: string | undefined) => void): Promise<void> {
    return this.listener.listen(THREAD_LOG_CHANNEL, (payload) => {
      if (payload === '') return wake(undefined);
      const [origin, threads = ''] = payload.split(':');
      if (origin !== PROCESS_ID) threads.split(',').forEach(wake);
    });
  }

  onStopRequested(stop: (turnId: string, reason: StopReason) => void): Promise<void> {
    return this.listener.listen(TURN_STOP_CHANNEL, (payload) => {
      const [turnId = '', reason] = payload.split(':');
      if (turnId !== '') stop(turnId, reason === 'interrupted' ? 'interrupted' : 'cancelled');
    });
  }
}
