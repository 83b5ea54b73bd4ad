import { AppError, foldTurn, type Basis, type Citation, type TurnOutcome } from '../../kernel/index.js';
import { eventOf, type LoggedEvent } from '../../log/index.js';
import type { ExpiredTurn } from '../ports/turn-store.js';
import type { Ending } from './turn-ending.js';

/** What a turn has answered so far, according to its events in the log. */
export interface LoggedAnswer {
  readonly content: string;
  readonly citations: readonly Citation[];
  /** What the answer is based on; `undefined`: the events do not say. */
  readonly basis: Basis | undefined;
  readonly step: string | null;
  readonly workflowRunId: string | null;
  /** How many attempts at the answer have been made, counted by its resets. */
  readonly attempts: number;
}

/** Reads a turn's answer, the message with that id, from the turn's events, oldest first. */
export function loggedAnswerOf(events: readonly LoggedEvent[], messageId: string): LoggedAnswer {
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

/**
 * The ending of a turn that is not run again: because it was stopped, or because it has been attempted as often as
 * allowed.
 */
export function endingOf({ stop }: Pick<ExpiredTurn, 'stop'>, logged: LoggedAnswer): Ending {
  const { attempts: _, ...said } = logged;
  const outcome: Exclude<TurnOutcome, 'completed'> = stop ?? 'interrupted';
  return {
    ...said,
    provider: null,
    model: null,
    outcome,
    error: stop === undefined ? SERVER_STOPPED.toBody() : null,
  };
}

const SERVER_STOPPED = new AppError(
  'INTERNAL',
  'The server that was answering stopped. What was said is kept; send the message again.',
  { retryable: true },
);
