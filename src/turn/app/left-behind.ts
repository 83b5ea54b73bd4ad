import { AppError, type Basis, type Citation, type TurnOutcome } from '../../kernel/index.js';
import { dataOf, isOfType, type LoggedEvent } from '../../log/index.js';
import type { ExpiredTurn } from '../ports/turn-store.js';
import type { Ending } from './turn-ending.js';

/** What a turn has said by its events in the log. */
export interface LeftBehind {
  readonly content: string;
  readonly citations: readonly Citation[];
  /** What it was drawn from; `undefined`: whoever wrote it did not say. */
  readonly basis: Basis | undefined;
  readonly step: string | null;
  readonly workflowRunId: string | null;
  /** How often the answer has been begun, by the resets its readers were told of. */
  readonly attempts: number;
}

/** Reads what is left of a turn from its events, oldest first. */
export function leftBehind(events: readonly LoggedEvent[]): LeftBehind {
  let content: string[] = [];
  let left: Omit<LeftBehind, 'content' | 'basis'> = {
    citations: [],
    step: null,
    workflowRunId: null,
    attempts: 1,
  };
  for (const event of events) {
    if (isOfType(event, 'ai_response')) content.push(dataOf(event).content);
    else if (isOfType(event, 'ai_reset')) {
      content = [];
      left = { ...left, attempts: dataOf(event).attempt };
    } else if (isOfType(event, 'rag_context')) left = { ...left, citations: dataOf(event).citations };
    else if (isOfType(event, 'workflow_status')) {
      const { step, runId } = dataOf(event);
      left = { ...left, step, workflowRunId: runId };
    }
  }
  return { ...left, content: content.join(''), basis: basisOf(events, left.citations) };
}

function basisOf(events: readonly LoggedEvent[], citations: readonly Citation[]): Basis | undefined {
  let highest: number | undefined;
  for (const { level } of events) if (level !== undefined) highest = Math.max(highest ?? 0, level);
  if (highest === undefined) return undefined;
  return {
    level: highest,
    documents: [...new Set(citations.map(({ documentId }) => documentId))],
  };
}

/** How a turn ends that is not run again: as somebody wished, or because it was begun as often as it may. */
export function endingOf({ stop }: Pick<ExpiredTurn, 'stop'>, left: LeftBehind): Ending {
  const { attempts: _, ...said } = left;
  const outcome: Exclude<TurnOutcome, 'completed'> = stop ?? 'interrupted';
  return { ...said, provider: null, model: null, outcome, error: stop === undefined ? DIED.toBody() : null };
}

const DIED = new AppError(
  'INTERNAL',
  'The server that was answering stopped. What was said is kept; send the message again.',
  { retryable: true },
);
