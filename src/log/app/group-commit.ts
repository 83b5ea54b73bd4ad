import { Inject, Injectable, Logger } from '@nestjs/common';
import { isPermanent } from '../../platform/database/index.js';
import { EventRefusedError, LeaseLostError } from '../core/errors.js';
import { TURN_EVENT_LOG, type AppendRequest, type TurnEventLog } from '../ports/turn-event-log.js';
import { FlushPace } from './flush-pace.js';
import { LogMetrics } from './log-metrics.js';
import { ThreadFeeds } from './thread-feeds.js';
import { AT_ONCE, type CommitSchedule, type TurnWriter } from './turn-writer.js';

/** How long an unreachable log is retried before the turns that wait for it fail. */
const GIVE_UP_MS = 30_000;
const RETRY_MS = 250;

/**
 * Writes for all turns of this process at once: while one statement runs, the next one collects events, and the more
 * turns write, the longer their pieces wait for each other. Watchers see events once they are stored, not before: a
 * client can always resume from what it has received.
 */
@Injectable()
export class GroupCommit implements CommitSchedule {
  private readonly logger = new Logger(GroupCommit.name);
  private readonly dirty = new Set<TurnWriter>();
  private running = false;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  private readonly pace = new FlushPace();
  private flushedAt = -Infinity;

  constructor(
    @Inject(TURN_EVENT_LOG) private readonly log: TurnEventLog,
    private readonly feeds: ThreadFeeds,
    private readonly metrics: LogMetrics,
  ) {}

  get pieceWindow(): number {
    return this.pace.pieceWindow;
  }

  schedule(writer: TurnWriter): void {
    this.dirty.add(writer);
    if (!this.running) this.arm(writer.dueAt);
  }

  /** Sees to it that there is a flush at that time; what may wait, waits for the next slot. */
  private arm(dueAt: number): void {
    const at = dueAt === AT_ONCE ? dueAt : Math.max(dueAt, this.flushedAt + this.pace.interval);
    if (at >= this.timerAt) return;
    clearTimeout(this.timer);
    const wait = at - performance.now();
    this.timerAt = at;
    // Even what is due now waits for the end of this turn of the event loop, so that events of the same moment are
    // written together.
    if (wait <= 0) {
      this.timer = undefined;
      this.running = true;
      setImmediate(() => void this.flush());
    } else {
      this.timer = setTimeout(() => void this.flush(), wait);
    }
  }

  private async flush(): Promise<void> {
    this.running = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.timerAt = Infinity;
    const now = performance.now();
    this.flushedAt = now;
    const writers: TurnWriter[] = [];
    const batch: AppendRequest[] = [];
    for (const writer of this.dirty) {
      if (writer.dueAt > now) continue;
      this.dirty.delete(writer);
      if (writer.hasPieces) this.pace.wrote(writer, now);
      const request = writer.nextBatch(now);
      if (request === undefined) continue;
      writers.push(writer);
      batch.push(request);
    }
    if (batch.length > 0) await this.append(writers, batch);
    this.running = false;
    let next = Infinity;
    for (const writer of this.dirty) next = Math.min(next, writer.dueAt);
    if (next < Infinity) this.arm(next);
  }

  /**
   * When the events of one turn are refused, the others' must still be stored: the batch is halved until the refused
   * one is found.
   */
  private async append(writers: readonly TurnWriter[], batch: readonly AppendRequest[]): Promise<void> {
    const outcome = await this.tryAppend(batch);
    if (outcome.kind === 'taken') {
      writers.forEach((writer, index) => this.conclude(writer, batch[index]!, outcome.turnIds));
    } else if (outcome.kind === 'unreachable') {
      writers.forEach((writer) => writer.refused(outcome.error));
    } else if (batch.length > 1) {
      const half = Math.ceil(batch.length / 2);
      await this.append(writers.slice(0, half), batch.slice(0, half));
      await this.append(writers.slice(half), batch.slice(half));
    } else {
      await this.appendUpToRefused(writers[0]!, batch[0]!, outcome.error);
    }
  }

  /** Stores the events before the one that the log refuses permanently; that event ends the turn. */
  private async appendUpToRefused(writer: TurnWriter, request: AppendRequest, error: Error): Promise<void> {
    const { fromSeq, events } = request;
    let stored = 0;
    for (let left = events.length; left > 1;) {
      const size = Math.floor(left / 2);
      const part = { ...request, fromSeq: fromSeq + stored, events: events.slice(stored, stored + size) };
      const outcome = await this.tryAppend([part]);
      if (outcome.kind === 'unreachable') return writer.refused(outcome.error);
      if (outcome.kind === 'taken' && !outcome.turnIds.has(request.turnId))
        return writer.refused(lost(request));
      if (outcome.kind === 'taken') {
        this.publish(part);
        stored += size;
        left -= size;
      } else {
        left = size;
      }
    }
    writer.refusedAfter(stored, error);
  }

  /** Runs one statement, retrying it while the log is merely unreachable. */
  private async tryAppend(batch: readonly AppendRequest[]): Promise<Outcome> {
    const started = performance.now();
    for (;;) {
      try {
        return { kind: 'taken', turnIds: await this.log.append(batch) };
      } catch (error) {
        if (isPermanent(error)) return { kind: 'refused', error: new EventRefusedError(error) };
        if (performance.now() - started > GIVE_UP_MS) {
          return {
            kind: 'unreachable',
            error: new Error('the event log could not be reached', { cause: error }),
          };
        }
        this.logger.warn({ err: error }, 'Appending to the event log failed; trying again.');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private conclude(writer: TurnWriter, request: AppendRequest, taken: ReadonlySet<string>): void {
    if (!taken.has(request.turnId)) return writer.refused(lost(request));
    writer.accepted();
    this.publish(request);
  }

  private publish({ threadId, events }: AppendRequest): void {
    const [oldest] = events;
    if (oldest !== undefined) this.metrics.eventStored(Date.now() - Date.parse(oldest.at));
    this.feeds.publish(threadId, events);
  }
}

type Outcome =
  | { readonly kind: 'taken'; readonly turnIds: ReadonlySet<string> }
  | { readonly kind: 'refused'; readonly error: Error }
  | { readonly kind: 'unreachable'; readonly error: Error };

function lost({ turnId }: AppendRequest): LeaseLostError {
  return new LeaseLostError(`turn ${turnId} is written by another process now`);
}
