import { AppError, foldTurn, type Basis, type Citation, type TurnOutcome } from '../../kernel/index.js';
import { eventOf, type LoggedEvent } from '../../log/index.js';
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

/** Reads what is left of a turn's answer, the message of that id, from the turn's events, oldest first. */
export function leftBehind(events: readonly LoggedEvent[], messageId: string): LeftBehind {
  const turn = foldTurn(events.map(eventOf).filter((event) => event !== undefined));
  const { citations, workflow } = turn;
  const message = turn.messages.get(messageId);
  return {
    content: message?.said.text ?? '',
    citations,
    basis: basisOf(events, citations),
    step: workflow?.step ?? null,
    workflowRunId: workflow?.runId ?? null,
    attempts: message?.attempt ?? 1,
  };
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
