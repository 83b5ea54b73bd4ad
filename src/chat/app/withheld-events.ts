import {
  WITHHELD,
  type Caller,
  type TurnEvent,
  type TurnEventType,
  type WithheldReason,
} from '../../kernel/index.js';
import { dataOf, isOfType, unknownEvent, type LoggedEvent } from '../../log/index.js';
import type { MessageStore } from '../../thread/index.js';

type EventOf<Type extends TurnEventType> = Extract<LoggedEvent, { readonly type: Type }>;

/** The types of a turn's events in which the content of its documents may appear. */
const QUOTES = {
  message_saved: false,
  workflow_status: false,
  rag_context: false,
  ai_response: true,
  ai_reasoning: true,
  ai_reset: false,
  tool_call: true,
  tool_progress: true,
  tool_result: true,
  input_required: true,
  input_resolved: false,
  workflow_complete: true,
  error: false,
  done: false,
} as const satisfies Record<TurnEventType, boolean>;

/** Whether the content of the answer's documents may appear in the event. */
export function quotes({ type }: LoggedEvent): boolean {
  return QUOTES[type];
}

/**
 * Masks the events of answers that the reader of one stream may not read. Each event keeps its position and id; the
 * pieces of an answer become a single `[withheld]`, so that they still add up to the message as this reader sees it.
 */
export class WithheldEvents {
  /** The reason why a turn's answer is withheld, for turns whose events do not carry a level. */
  private readonly reasons = new Map<string, WithheldReason | undefined>();
  /** Messages of which this reader has received `[withheld]`. */
  private readonly spoken = new Set<string>();
  /** Turns that ended in the newest batch: no further events of them follow. */
  private ended: string[] = [];
  /** The newest turn whose first event this stream has delivered. */
  private begunTurn: string | undefined;

  constructor(
    private readonly messages: Pick<MessageStore, 'hasSpokenBy' | 'withheldTurns'>,
    private readonly caller: Caller,
    /** Where the stream began. */
    private readonly cursor: number,
  ) {}

  /** Notes every batch before it is masked. Returns whether it has to be masked, whatever its events say. */
  note(events: readonly LoggedEvent[]): boolean {
    for (const turnId of this.ended) this.reasons.delete(turnId);
    if (this.ended.length > 0) this.spoken.clear();
    this.ended = [];
    for (const { type, turnId } of events) {
      if (type === 'message_saved') this.begunTurn = turnId;
      else if (type === 'done') this.ended.push(turnId);
    }
    return this.spoken.size > 0;
  }

  /**
   * The batch with everything above the level withheld. `isAsked`: every turn is looked up, whatever its events say.
   */
  async mask(
    events: readonly LoggedEvent[],
    level: number,
    isAsked: boolean,
  ): Promise<readonly LoggedEvent[]> {
    await this.lookUp(events.filter((event) => quotes(event) && (isAsked || event.level === undefined)));
    const shown: LoggedEvent[] = [];
    for (const event of events) {
      const reason = (event.level ?? 0) > level ? 'clearance' : this.reasons.get(event.turnId);
      if (isOfType(event, 'ai_reset')) this.spoken.delete(dataOf(event).messageId);
      shown.push(reason === undefined ? event : await this.masked(event, reason));
    }
    return shown.every((event, index) => event === events[index]) ? events : shown;
  }

  private async lookUp(events: readonly LoggedEvent[]): Promise<void> {
    const unknown = new Set(events.map(({ turnId }) => turnId).filter((id) => !this.reasons.has(id)));
    if (unknown.size === 0) return;
    const withheld = await this.messages.withheldTurns(this.caller, [...unknown]);
    for (const turnId of unknown) this.reasons.set(turnId, withheld.get(turnId));
  }

  private async masked(event: LoggedEvent, reason: WithheldReason): Promise<LoggedEvent> {
    switch (event.type) {
      case 'ai_response':
        return this.response(event);
      case 'ai_reasoning':
        return withData(event, { ...dataOf(event), content: '' });
      case 'tool_call':
        return withData(event, { ...dataOf(event), arguments: '{}' });
      case 'tool_progress':
        return withData(event, without(dataOf(event), ['message']));
      case 'tool_result':
        return withData(event, { ...without(dataOf(event), ['parts', 'structured']), content: WITHHELD });
      case 'input_required':
        return withData(event, { ...without(dataOf(event), ['url']), prompt: WITHHELD, schema: null });
      case 'workflow_complete':
        return completion(event, reason);
      case 'message_saved':
      case 'workflow_status':
      case 'rag_context':
      case 'ai_reset':
      case 'input_resolved':
      case 'error':
      case 'done':
        return event;
      default:
        return unknownEvent(event) ?? event;
    }
  }

  private async response(event: EventOf<'ai_response'>): Promise<LoggedEvent> {
    const data = dataOf(event);
    if (data.isComplete) {
      return data.accumulated === ''
        ? event
        : withData(event, { ...data, accumulated: WITHHELD, withheld: true });
    }
    const content = (await this.hasSpoken(event.turnId, data.messageId)) ? '' : WITHHELD;
    this.spoken.add(data.messageId);
    return withData(event, { ...data, content, withheld: true });
  }

  /** A client that has reconnected may have received the message before. */
  private async hasSpoken(turnId: string, messageId: string): Promise<boolean> {
    if (this.spoken.has(messageId)) return true;
    if (this.cursor === 0 || this.begunTurn === turnId) return false;
    return this.messages.hasSpokenBy(this.caller, turnId, messageId, this.cursor);
  }
}

function completion(event: EventOf<'workflow_complete'>, reason: WithheldReason): LoggedEvent {
  const data = dataOf(event);
  const { message } = data;
  if (message.content === '' && message.toolCalls.length === 0) return event;
  const withheld = { content: WITHHELD, toolCalls: [], withheld: true, withheldReason: reason } as const;
  return withData(event, { ...data, message: { ...message, ...withheld } });
}

function withData<Type extends TurnEventType>(
  event: EventOf<Type>,
  data: Extract<TurnEvent, { readonly type: Type }>['data'],
): LoggedEvent {
  return { ...event, data: JSON.stringify(data) };
}

function without<Data extends object, Key extends keyof Data>(
  data: Data,
  keys: readonly Key[],
): Omit<Data, Key> {
  const rest = { ...data };
  for (const key of keys) delete rest[key];
  return rest;
}
