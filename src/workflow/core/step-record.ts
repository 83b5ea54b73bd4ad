import type {
  Basis,
  Citation,
  CompletedStep,
  ProviderMetadata,
  StepEvent,
  StepOutcome,
  WorkflowStatusChanged,
} from '../../kernel/index.js';
import { reopening } from './run.js';
import type { RunEvent } from './run-state.js';

/** A round of a step in which tools were called, as far as it is told again; without a model it was called by the step. */
export interface ToolRound extends Pick<StepOutcome, 'finishReason' | 'usage' | 'citations' | 'toolCalls'> {
  readonly provider: string;
  readonly model: string;
  readonly text: string;
  readonly metadata?: ProviderMetadata;
}

/** What a step has left, as it is told again. */
export interface StepRecord extends CompletedStep {
  /** What was told before its answer; absent: a former release has left it. */
  readonly opening?: readonly WorkflowStatusChanged[];
  /** When it began, ISO 8601 UTC with milliseconds, and how it ended. */
  readonly startedAt?: string;
  readonly how?: 'completed' | 'skipped' | 'failed' | 'opened';
  /** The code of the error that it failed with, where the run goes on after it. */
  readonly errorCode?: string;
  /** What has happened in the run by it; absent: a former release has left it. */
  readonly event?: RunEvent;
  /** Before its answer. What became of their calls is in the log, and is not told again. */
  readonly rounds?: readonly ToolRound[];
}

/** What an answer is drawn from, as it is told before the first of its parts. */
export function* toldOf({
  basis,
  citations,
}: {
  readonly basis?: Basis | undefined;
  readonly citations: readonly Citation[];
}): Generator<StepEvent, void> {
  if (basis !== undefined) yield { type: 'basis', basis };
  if (citations.length > 0) yield { type: 'rag_context', data: { citations } };
}

/** What a step has said, as it was told; reasoning is not told again. */
export function* saidIn({
  content,
  provider,
  model,
  outcome,
  opening,
  step,
  rounds = [],
}: StepRecord): Generator<StepEvent, void> {
  yield* opening ?? reopening(outcome.closing);
  const isAnswered = outcome.isAnswered === true;
  if (!isAnswered) yield* toldOf(outcome);
  for (const round of rounds) {
    if (round.provider !== '') yield { type: 'attempt', provider: round.provider, model: round.model };
    if (round.text !== '') yield { type: 'text', text: round.text };
    const { finishReason, usage, citations, toolCalls, metadata } = round;
    const attached = metadata === undefined ? {} : { metadata };
    yield { type: 'message_end', step, finishReason, usage, citations, toolCalls, ...attached };
  }
  if (isAnswered) return;
  if (provider !== null && model !== null) yield { type: 'attempt', provider, model };
  if (content !== '' || rounds.length > 0) yield { type: 'text', text: content };
}

/** What is told between a step and the next one of the same turn. */
export function* closedBy({ step, outcome }: StepRecord): Generator<StepEvent, void> {
  const { finishReason, usage, citations, toolCalls, closing, state, isAnswered } = outcome;
  if (isAnswered !== true) yield { type: 'message_end', step, finishReason, usage, citations, toolCalls };
  yield* closing;
  if (state !== undefined) yield { type: 'workflow_state', state };
}

/** What steps have left after which the turn went on, as it was told. */
export function* toldAgain(records: readonly StepRecord[]): Generator<StepEvent, void> {
  for (const record of records) {
    yield* saidIn(record);
    yield* closedBy(record);
  }
}
