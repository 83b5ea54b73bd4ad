import { Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { RedactEvents } from './redact-events.js';
import { connected, Resume, type StreamItem } from './resume.js';

/** Follows every turn of a thread, past and future, until the client disconnects or the thread is deleted. */
@Injectable()
export class FollowThread {
  constructor(
    private readonly resume: Resume,
    private readonly redactEvents: RedactEvents,
  ) {}

  /** Checks the thread and the start position; the stream itself begins when it is iterated. Throws `NOT_FOUND`. */
  async open(caller: Caller, threadId: string, after = 0) {
    const { cursor, items } = await this.resume.from(caller, threadId, after);
    const first = [connected({ threadId, lastEventId: cursor }), ...items];
    const { resume, redactEvents } = this;
    return async function* (signal: AbortSignal): AsyncGenerator<readonly StreamItem[], void> {
      yield first;
      let show = redactEvents.from(caller, cursor);
      for await (const batch of resume.watch(caller, threadId, cursor, signal)) {
        if ('type' in batch) show = redactEvents.from(caller, batch.data.lastEventId);
        yield 'type' in batch ? [batch] : show(batch);
      }
    };
  }
}
