import { Injectable } from '@nestjs/common';
import { PROCESS_ID } from '../../kernel/index.js';
import { Listener } from '../../platform/database/index.js';
import type { TurnSignals } from '../ports/turn-signals.js';
import type { StopReason } from '../ports/turn-store.js';

/** Payload: `<process>:<turn>`. */
export const GO_ON_CHANNEL = 'turn_go_on';

/** Payload: `<turn>:cancelled` or `<turn>:interrupted`. */
export const TURN_STOP_CHANNEL = 'turn_stop';

/** Requests to stop a turn or to go on with one, sent by NOTIFY and received on the process's only listening connection. */
@Injectable()
export class PostgresTurnSignals implements TurnSignals {
  constructor(private readonly listener: Listener) {}

  onGoOnRequested(goOn: (turnId: string) => void): Promise<void> {
    return this.listener.listen(GO_ON_CHANNEL, (payload) => {
      const [holder, turnId = ''] = payload.split(':');
      if (holder === PROCESS_ID && turnId !== '') goOn(turnId);
    });
  }

  onStopRequested(stop: (turnId: string, reason: StopReason) => void): Promise<void> {
    return this.listener.listen(TURN_STOP_CHANNEL, (payload) => {
      const [turnId = '', reason] = payload.split(':');
      if (turnId !== '') stop(turnId, reason === 'interrupted' ? 'interrupted' : 'cancelled');
    });
  }
}
