import type { FoldedTurn, TurnEvent } from '../../kernel/index.js';
import { isPiece, isReset } from '../../kernel/index.js';

/** What a turn that is executed again has told before: the executor tells it once more, and none of it is logged twice. */
export class Retelling {
  private readonly complete: ReadonlySet<string>;
  private readonly events: readonly string[];
  /** What was told of steps, which run side by side as well, and how often. */
  private readonly statuses = new Map<string, number>();
  /** What became of calls, which run side by side and are told of in any order. */
  private readonly calls: Set<string>;
  private messagesTold = 0;
  private eventsTold = 0;

  constructor(told: FoldedTurn, events: readonly TurnEvent[]) {
    const messages = [...told.messages].filter(([, { end }]) => end !== undefined);
    this.complete = new Set(messages.map(([id]) => id));
    this.events = events
      .filter(({ type }) => !isPiece(type) && !isReset(type) && type !== 'workflow_status')
      .map(textOf);
    for (const event of events) {
      if (event.type !== 'workflow_status') continue;
      this.statuses.set(textOf(event), (this.statuses.get(textOf(event)) ?? 0) + 1);
    }
    this.calls = new Set(events.map(ofCall).filter((told) => told !== undefined));
  }

  /** Whether the message that is being told is complete in the log. */
  get isWithinMessage(): boolean {
    return this.messagesTold < this.complete.size;
  }

  /** Whether the message is complete in the log. */
  isComplete(messageId: string): boolean {
    return this.complete.has(messageId);
  }

  /** The message being told has been told to its end. */
  messageEnd(): void {
    this.messagesTold += 1;
  }

  /**
   * Whether the log has the event. What was told before comes in the same order, but for what becomes of calls, of each of
   * which it is said once, whoever says it, and for steps: those that ran side by side are told of one after the other.
   */
  hasTold(event: TurnEvent): boolean {
    const call = ofCall(event);
    if (call !== undefined) {
      const isTold = this.calls.has(call);
      this.calls.add(call);
      return isTold;
    }
    if (event.type === 'workflow_status') {
      const left = this.statuses.get(textOf(event)) ?? 0;
      this.statuses.set(textOf(event), left - 1);
      return left > 0;
    }
    if (this.eventsTold === this.events.length) return false;
    const place = this.events.indexOf(textOf(event), this.eventsTold);
    if (place < 0) return false;
    this.eventsTold = place + 1;
    return true;
  }
}

function textOf({ type, data }: TurnEvent): string {
  return `${type} ${JSON.stringify(data)}`;
}

/** What an event says of a call, which is said once. Progress is never told again. */
function ofCall(event: TurnEvent): string | undefined {
  if (event.type === 'tool_call') return `${event.data.status} ${event.data.callId}`;
  return event.type === 'tool_result' ? `result ${event.data.callId}` : undefined;
}
