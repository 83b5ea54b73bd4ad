import {
  AppError,
  foldTurn,
  timeOfId,
  type Basis,
  type Citation,
  type TurnEvent,
  type TurnOutcome,
} from '../../kernel/index.js';
import { eventOf, type LoggedEvent } from '../../log/index.js';
import type { ExpiredTurn, Lease } from '../ports/turn-store.js';
import type { Ending } from './turn-ending.js';

/** What a turn has said by its events in the log. */
export interface LoggedAnswer {
  /** All of it, oldest first. */
  readonly events: readonly TurnEvent[];
  readonly content: string;
  /** The message is complete, and stored. */
  readonly isComplete: boolean;
  /** It follows another answer of the same turn. */
  readonly isFurther: boolean;
  readonly citations: readonly Citation[];
  /** What the answer is based on; `undefined`: the events do not say. */
  readonly basis: Basis | undefined;
  readonly step: string | null;
  readonly workflowRunId: string | null;
  /** How many attempts at the answer have been made, counted by its resets. */
  readonly attempts: number;
  readonly hasAsked: boolean;
  readonly openInputs: readonly string[];
}

/** Reads what is left of a turn's answer, the message of that id, from the turn's events, oldest first. */
export function loggedAnswerOf(logged: readonly LoggedEvent[], messageId: string): LoggedAnswer {
  const events = logged.map(eventOf).filter((event) => event !== undefined);
  const { citations, workflow, messages, openInputs } = foldTurn(events);
  const message = messages.get(messageId);
  const [first = messageId] = messages.keys();
  return {
    events,
    content: message?.said.text ?? '',
    isComplete: message?.end !== undefined,
    isFurther: first !== messageId,
    citations,
    basis: basisOf(logged, citations),
    step: workflow?.step ?? null,
    workflowRunId: workflow?.runId ?? null,
    attempts: message?.attempt ?? 1,
    hasAsked: events.some(({ type }) => type === 'input_required'),
    openInputs: [...openInputs.keys()],
  };
}

/** What is left of a turn that has not begun. */
export const NOTHING_LOGGED: LoggedAnswer = {
  ...{ events: [], content: '', isComplete: false, isFurther: false, citations: [] },
  ...{ basis: { level: 0, documents: [] }, step: null, workflowRunId: null, attempts: 1 },
  ...{ hasAsked: false, openInputs: [] },
};

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
export function endingOf(
  turn: Pick<ExpiredTurn, 'stop'> & Pick<Lease, 'context'>,
  left: LoggedAnswer,
): Ending {
  const { content, citations, basis, step, workflowRunId, openInputs } = left;
  const { assistantMessageId: messageId, acceptedAt } = turn.context;
  const outcome: Exclude<TurnOutcome, 'completed'> = turn.stop ?? 'interrupted';
  return {
    ...{ messageId, content, citations, basis, step, workflowRunId, openInputs },
    createdAt: left.isFurther ? timeOfId(messageId) : acceptedAt,
    isStored: left.isComplete,
    ...{ provider: null, model: null, outcome },
    error: turn.stop === undefined ? SERVER_STOPPED.toBody() : null,
  };
}

const SERVER_STOPPED = new AppError(
  'INTERNAL',
  'The server that was answering stopped. What was said is kept; send the message again.',
  { retryable: true },
);
