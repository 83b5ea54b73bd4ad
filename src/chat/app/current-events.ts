import { Injectable } from '@nestjs/common';
import type { Caller, Citation } from '../../kernel/index.js';
import { dataOf, isOfType, type LoggedEvent } from '../../turn/index.js';
import { CurrentCitations } from '../../workflow/index.js';

interface Citing {
  readonly event: LoggedEvent;
  readonly citations: readonly Citation[];
}

/** How an event looks that cites nothing; most do not even have the word. */
const CITES_NOTHING = '"citations":[]';

/** Shows a reader of the log only sources that this reader may read now, whatever was allowed when it was written. */
@Injectable()
export class CurrentEvents {
  constructor(private readonly current: CurrentCitations) {}

  async of(caller: Caller, events: readonly LoggedEvent[]): Promise<readonly LoggedEvent[]> {
    if (!events.some(mayCite)) return events;
    const citing = events.map((event): Citing => ({ event, citations: citationsOf(event) }));
    const shown = await this.current.of(caller, citing);
    return shown.map(({ event, citations }, index) =>
      citations === citing[index]?.citations ? event : withCitations(event, citations),
    );
  }
}

function mayCite({ type, data }: LoggedEvent): boolean {
  return type === 'rag_context' || (type === 'workflow_complete' && !data.includes(CITES_NOTHING));
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
