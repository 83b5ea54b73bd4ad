import { Injectable } from '@nestjs/common';
import { PROCESS_ID } from '../../kernel/index.js';
import { Listener } from '../../platform/database/index.js';
import type { LogSignals } from '../ports/log-signals.js';

/** Payload: `<process>:<thread>,<thread>,…`. */
export const THREAD_LOG_CHANNEL = 'thread_log';

/** Wake-ups by NOTIFY, heard on the process's one listening connection. */
@Injectable()
export class PostgresLogSignals implements LogSignals {
  constructor(private readonly listener: Listener) {}

  onAppended(wake: (threadId: string | undefined) => void): Promise<void> {
    return this.listener.listen(THREAD_LOG_CHANNEL, (payload) => {
      if (payload === '') return wake(undefined);
      const [origin, threads = ''] = payload.split(':');
      if (origin !== PROCESS_ID) threads.split(',').forEach(wake);
    });
  }
}
