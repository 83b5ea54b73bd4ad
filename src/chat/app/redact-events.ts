import { Inject, Injectable } from '@nestjs/common';
import { clearanceLevel, type Caller, type Citation } from '../../kernel/index.js';
import { dataOf, isOfType, unknownEvent, type LoggedEvent } from '../../log/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { MESSAGE_STORE, type MessageStore } from '../../thread/index.js';
import { ReadableCitations } from '../../workflow/index.js';
import { quotes, WithheldEvents } from './withheld-events.js';

interface Citing {
  readonly event: LoggedEvent;
  readonly citations: readonly Citation[];
}

/** The JSON of an event without citations; most events do not even have the field. */
const CITES_NOTHING = '"citations":[]';

/** Redacts events of a thread's log for one reader, batch by batch; at once, where nothing has to be looked up. */
export type EventRedactor = (
  events: readonly LoggedEvent[],
) => Promise<readonly LoggedEvent[]> | readonly LoggedEvent[];

/**
 * Hides from a reader of the log what this reader may not read now, whatever was allowed when it was written:
 * citations, and answers based on their documents.
 */
@Injectable()
export class RedactEvents {
  constructor(
    private readonly current: ReadableCitations,
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'MASK_ANSWERS_OF_DELETED_DOCUMENTS'>,
  ) {}

  /**
   * For one stream of a thread that starts at the cursor. A batch that everybody may read is returned as the same
   * array, so that it is encoded once for all.
   */
  from(caller: Caller, cursor: number): EventRedactor {
    const level = clearanceLevel(caller.clearance);
    const isAsked = this.config.MASK_ANSWERS_OF_DELETED_DOCUMENTS;
    const withheld = new WithheldEvents(this.messages, caller, cursor);
    const isSafe = (event: LoggedEvent) =>
      (!isAsked && event.level !== undefined && event.level <= level) || !quotes(event);
    const cited = (shown: readonly LoggedEvent[]) =>
      shown.some(mayCite) ? this.citing(caller, shown) : shown;
    return (events) => {
      const isNoted = withheld.note(events);
      if (isNoted || !events.every(isSafe)) return withheld.mask(events, level, isAsked).then(cited);
      return cited(events);
    };
  }

  private async citing(caller: Caller, events: readonly LoggedEvent[]): Promise<readonly LoggedEvent[]> {
    const citing = events.map((event): Citing => ({ event, citations: citationsOf(event) }));
    const shown = await this.current.of(caller, citing);
    if (shown === citing) return events;
    return shown.map(({ event, citations }, index) =>
      citations === citing[index]?.citations ? event : withCitations(event, citations),
    );
  }
}

function mayCite(event: LoggedEvent): boolean {
  switch (event.type) {
    case 'rag_context':
      return true;
    case 'workflow_complete':
      return !event.data.includes(CITES_NOTHING);
    case 'message_saved':
    case 'workflow_status':
    case 'ai_response':
    case 'ai_reasoning':
    case 'ai_reset':
    case 'tool_call':
    case 'tool_progress':
    case 'tool_result':
    case 'input_required':
    case 'input_resolved':
    case 'error':
    case 'done':
      return false;
    default:
      return unknownEvent(event) ?? false;
  }
}

function citationsOf(event: LoggedEvent): readonly Citation[] {
  if (!mayCite(event)) return [];
  if (isOfType(event, 'rag_context')) return dataOf(event).citations;
  return isOfType(event, 'workflow_complete') ? dataOf(event).message.citations : [];
}

function withCitations(event: LoggedEvent, citations: readonly Citation[]): LoggedEvent {
  if (isOfType(event, 'rag_context')) return { ...event, data: JSON.stringify({ citations }) };
  if (!isOfType(event, 'workflow_complete')) return event;
  const data = dataOf(event);
  return { ...event, data: JSON.stringify({ ...data, message: { ...data.message, citations } }) };
}
