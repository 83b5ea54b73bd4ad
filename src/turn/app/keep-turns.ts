import { Inject, Injectable, Logger } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';
import { HEARTBEAT_MS } from '../core/lease.js';
import { dataOf, isOfType, type LoggedEvent } from '../core/logged-event.js';
import { PROCESS_ID } from '../core/process-id.js';
import { TURN_EVENT_LOG, type TurnEventLog } from '../ports/turn-event-log.js';
import { TURN_SIGNALS, type TurnSignals } from '../ports/turn-signals.js';
import { TURN_STORE, type ExpiredTurn, type TurnStore } from '../ports/turn-store.js';
import { ThreadFeeds } from './thread-feeds.js';
import type { Ending } from './turn-ending.js';
import { TurnRunner } from './turn-runner.js';

const SWEEP_EVERY = 240;
const PAGE = 500;

/**
 * The pulse of this process: extends its leases, hears wishes to cancel, polls the heads of watched threads
 * as a net under lost notifications, and ends the turns of processes that are gone.
 */
@Injectable()
export class KeepTurns {
  private readonly logger = new Logger(KeepTurns.name);
  private timer: NodeJS.Timeout | undefined;
  private beats = 0;
  private beating = false;

  constructor(
    @Inject(TURN_STORE) private readonly store: TurnStore,
    @Inject(TURN_EVENT_LOG) private readonly log: TurnEventLog,
    @Inject(TURN_SIGNALS) private readonly signals: TurnSignals,
    private readonly runner: TurnRunner,
    private readonly feeds: ThreadFeeds,
  ) {}

  /** Begins to beat. `alone`: no other process has this database, so whatever runs in it was left behind. */
  async start(alone: boolean): Promise<void> {
    await this.signals.onAppended((threadId) => this.feeds.wake(threadId));
    await this.signals.onCancelRequested((turnId) => void this.runner.stop(turnId, 'cancelled'));
    if (alone) await this.store.expireAllLeases();
    await this.endExpired();
    this.timer = setInterval(() => void this.beat(), HEARTBEAT_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async beat(): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    try {
      await this.extend();
      await this.endExpired();
      await this.pollHeads();
      this.beats += 1;
      if (this.beats % SWEEP_EVERY === 0) await this.store.sweep();
    } catch (error) {
      this.logger.warn({ err: error }, 'A heartbeat failed; the next one tries again.');
    } finally {
      this.beating = false;
    }
  }

  private async extend(): Promise<void> {
    const turnIds = this.runner.turnIds();
    if (turnIds.length === 0) return;
    for (const turnId of await this.store.extendLeases(PROCESS_ID, turnIds))
      void this.runner.stop(turnId, 'cancelled');
  }

  private async endExpired(): Promise<void> {
    const expired = await this.store.takeExpired(PROCESS_ID);
    await Promise.all(expired.map((turn) => this.end(turn)));
    if (expired.length > 0)
      this.logger.warn(`Ended ${expired.length} turn(s) that another process left behind.`);
  }

  private async end(turn: ExpiredTurn): Promise<void> {
    const events = await this.eventsOf(turn);
    await this.runner.endAbandoned(turn, abandoned(turn, events));
    this.feeds.wake(turn.context.threadId);
  }

  /** The turn's events, oldest first, read back from the end of the log. */
  private async eventsOf({ context, firstSeq }: ExpiredTurn): Promise<LoggedEvent[]> {
    const events: LoggedEvent[] = [];
    for (let after = firstSeq - 1; ;) {
      const page = await this.log.read(context.threadId, after, PAGE);
      events.push(...page.events.filter(({ turnId }) => turnId === context.turnId));
      if (!page.more) return events;
      after = page.events.at(-1)?.seq ?? after;
    }
  }

  private async pollHeads(): Promise<void> {
    const watched = this.feeds.watched();
    if (watched.length === 0) return;
    const heads = await this.log.heads(watched);
    for (const threadId of watched) {
      const head = heads.get(threadId);
      if (head === undefined) this.feeds.close(threadId);
      else this.feeds.nudge(threadId, head);
    }
  }
}

/** What a turn without its process had said, from its events. */
function abandoned({ cancelRequested }: ExpiredTurn, events: readonly LoggedEvent[]): Ending {
  let content: string[] = [];
  let said: Pick<Ending, 'citations' | 'step' | 'workflowRunId'> = {
    citations: [],
    step: null,
    workflowRunId: null,
  };
  for (const event of events) {
    if (isOfType(event, 'ai_response')) content.push(dataOf(event).content);
    else if (isOfType(event, 'ai_reset')) content = [];
    else if (isOfType(event, 'rag_context')) said = { ...said, citations: dataOf(event).citations };
    else if (isOfType(event, 'workflow_status')) {
      const { step, runId } = dataOf(event);
      said = { ...said, step, workflowRunId: runId };
    }
  }
  const error = new AppError(
    'INTERNAL',
    'The server that was answering stopped. What was said is kept; send the message again.',
    {
      retryable: true,
    },
  );
  return {
    ...said,
    content: content.join(''),
    provider: null,
    model: null,
    outcome: cancelRequested ? 'cancelled' : 'interrupted',
    error: cancelRequested ? null : error.toBody(),
  };
}
