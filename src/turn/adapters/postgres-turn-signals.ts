import { Injectable } from '@nestjs/common';
import { Listener } from '../../platform/database/index.js';
import type { TurnSignals } from '../ports/turn-signals.js';
import type { StopReason } from '../ports/turn-store.js';

/** Payload: `<turn>:cancelled` or `<turn>:interrupted`. */
export const TURN_STOP_CHANNEL = 'turn_stop';

/** Wishes to stop by NOTIFY, heard on the process's one listening connection. */
@Injectable()
export class PostgresTurnSignals implements TurnSignals {
  constructor(private readonly listener: Listener) {}

  onStopRequested(stop: (turnId: string, reason: StopReason) => void): Promise<void> {
    return this.listener.listen(TURN_STOP_CHANNEL, (payload) => {
      const [turnId = '', reason] = payload.split(':');
      if (turnId !== '') stop(turnId, reason === 'interrupted' ? 'interrupted' : 'cancelled');
    });
  }
}
