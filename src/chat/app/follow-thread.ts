import { Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { RedactEvents, type EventRedactor } from './redact-events.js';
import { connected, Resume, type ResumedWatch, type StreamItem } from './resume.js';

type Items = readonly StreamItem[];

/** Follows every turn of a thread, past and future, until the client disconnects or the thread is deleted. */
@Injectable()
export class FollowThread {
  constructor(
    private readonly resume: Resume,
    private readonly redactEvents: RedactEvents,
  ) {}

  /** Checks the thread and the start position; the stream itself begins when it is iterated. Throws `NOT_FOUND`. */
  async open(
    caller: Caller,
    threadId: string,
    after = 0,
  ): Promise<(signal: AbortSignal) => AsyncIterable<Items, void>> {
    const { cursor, items } = await this.resume.from(caller, threadId, after);
    const first = [connected({ threadId, lastEventId: cursor }), ...items];
    const showFrom = (place: number) => this.redactEvents.from(caller, place);
    return (signal) =>
      new FollowedThread(first, this.resume.watch(caller, threadId, cursor, signal), showFrom, cursor);
  }
}

/**
 * What one reader is shown of a thread. Most threads are silent most of the time, and a generator function would keep its
 * variables and three promises meanwhile.
 */
class FollowedThread implements AsyncIterableIterator<Items, void> {
  private show: EventRedactor;

  constructor(
    /** Comes before everything else, once. */
    private first: Items | undefined,
    private readonly watch: ResumedWatch,
    private readonly showFrom: (cursor: number) => EventRedactor,
    cursor: number,
  ) {
    this.show = showFrom(cursor);
  }

  next(): Promise<IteratorResult<Items, void>> {
    const { first } = this;
    if (first === undefined) return this.watch.next().then(this.shown);
    this.first = undefined;
    return Promise.resolve({ done: false, value: first });
  }

  return(): Promise<IteratorReturnResult<void>> {
    return this.watch.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private readonly shown = async (
    read: Awaited<ReturnType<ResumedWatch['next']>>,
  ): Promise<IteratorResult<Items, void>> => {
    if (read.done === true) return read;
    const { value } = read;
    try {
      if (!('type' in value)) return { done: false, value: await this.show(value) };
      this.show = this.showFrom(value.data.lastEventId);
      return { done: false, value: [value] };
    } catch (error) {
      await this.watch.return();
      throw error;
    }
  };
}
