import { AppError, assertNever, type StepOutcome, type WorkflowStatusChanged } from '../../kernel/index.js';
import type { StepFields } from '../core/definition.js';
import { isTooMuch, withResult, type Entered } from '../core/results.js';
import { isOpen, type Advance, type WorkflowRun } from '../core/run.js';
import type { ActiveStep, RunEvent, RunState } from '../core/run-state.js';
import type { StepRecord, ToolRound } from '../core/step-record.js';
import type { Ended, Said } from '../steps/step-kind.js';
import type { Begun } from './step-means.js';

/** A step that has failed, where the run goes on after it. */
export interface Failed {
  readonly type: 'failed';
  readonly error: AppError;
  /** The rounds that it has told of. */
  readonly rounds: readonly ToolRound[];
}

/** What has happened in the run when a step has come to this end. */
export function eventOf(step: StepFields, at: string, end: Ended): RunEvent {
  switch (end.type) {
    case 'said':
      return isOpen(step) ? { type: 'stays', at } : { type: 'completed', at, to: step.next };
    case 'kept':
      return { type: 'completed', at, to: end.next ?? step.next };
    case 'decided':
    case 'chosen':
      return { type: 'completed', at, to: end.next };
    case 'opens':
      return { type: 'opened', at, bodies: end.bodies, atOnce: end.atOnce };
    case 'finished':
      return { type: 'ended', at };
    default:
      return assertNever(end);
  }
}

/** How a step has ended, as it is shown. */
export function howOf(end: Ended | Failed): NonNullable<StepRecord['how']> {
  if (end.type === 'failed') return 'failed';
  if (end.type === 'opens') return 'opened';
  return end.type === 'decided' && !end.isAccepted ? 'skipped' : 'completed';
}

/** The results of the run with what a step has left; absent: it has left nothing. Throws when they are too much. */
export function resultsAfter(
  results: readonly Entered[],
  { stepsDone }: RunState,
  at: string,
  end: Ended | Failed,
): readonly Entered[] | undefined {
  const left = leftBy(end);
  if (left === undefined) return undefined;
  const all = withResult(results, { step: at, stepsDone, ...left });
  if (!isTooMuch(all)) return all;
  throw new AppError('PAYLOAD_TOO_LARGE', 'What the steps of the workflow keep has grown too large.', {
    details: { step: at },
  });
}

function leftBy(end: Ended | Failed): Omit<Entered, 'step' | 'stepsDone'> | undefined {
  switch (end.type) {
    case 'decided': {
      const { entered, isAccepted, into } = end;
      return isAccepted ? { content: entered, ...(into !== undefined && { into }) } : undefined;
    }
    case 'kept': {
      const { value, into, basis } = end;
      return {
        content: value ?? null,
        isValue: true,
        ...(into !== undefined && { into }),
        ...(basis && { basis }),
      };
    }
    case 'opens':
      return { content: end.value, isValue: true };
    case 'failed':
      return { content: { error: { code: end.error.code, message: end.error.message } }, isValue: true };
    default:
      return undefined;
  }
}

/** A step that has come to its end, and where the run stands then. */
interface Stored {
  readonly active: ActiveStep;
  readonly end: Ended | Failed;
  readonly event: RunEvent;
  readonly goesOn: boolean;
  readonly to: Advance;
  readonly told: readonly WorkflowStatusChanged[];
  readonly run: WorkflowRun;
  /** The last step that has said something. */
  readonly last: StepRecord | undefined;
}

/** What is kept of a step whose work is not to be done again. */
export function recordOf(
  { active: { at }, end, event, goesOn, to, told, run, last }: Stored,
  begun: Begun,
): StepRecord {
  const { entered: _entered, ...stands } = to;
  const status = {
    closing: told,
    workflow: { workflow: run.workflow, runId: run.id, step: at, status: to.status },
    state: { runId: run.id, ...stands },
  };
  const said = end.type === 'said' ? saidBy(end) : saidBefore(last, goesOn);
  const rounds = 'rounds' in end && end.rounds !== undefined ? { rounds: end.rounds } : {};
  const failed = end.type === 'failed' ? { errorCode: end.error.code } : {};
  const ran = { opening: begun.opening, startedAt: begun.startedAt, how: howOf(end), event, ...failed };
  return { ...said, ...rounds, step: at, ...ran, outcome: { ...said.outcome, ...status } };
}

type Content = Pick<StepRecord, 'content' | 'provider' | 'model'> & {
  readonly outcome: Omit<StepOutcome, 'closing' | 'workflow' | 'state'>;
};

function saidBy({ answered, citations, basis }: Said): Content {
  const { said, provider, model, finishReason, usage, toolCalls } = answered;
  const drawn = basis === undefined ? {} : { basis };
  return {
    content: said.text.join(''),
    provider,
    model,
    outcome: { finishReason, usage, citations, ...drawn, toolCalls },
  };
}

/** Of a step that says nothing itself. */
function saidBefore(last: StepRecord | undefined, goesOn: boolean): Content {
  if (last === undefined)
    return { ...NOTHING, outcome: goesOn ? { ...NOTHING.outcome, isAnswered: true } : NOTHING.outcome };
  const { content, provider, model, outcome } = last;
  const { closing: _closing, workflow: _workflow, state: _state, ...said } = outcome;
  return { content, provider, model, outcome: { ...said, isAnswered: true } };
}

const NOTHING: Content = {
  content: '',
  provider: null,
  model: null,
  outcome: {
    finishReason: 'stop',
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    citations: [],
    toolCalls: [],
  },
};

/** The error for a run that comes to no end. */
export function tooManySteps(maxSteps: number): AppError {
  return new AppError(
    'STATE_CONFLICT',
    'The workflow ran as many steps as it may without a message of the user. The next message goes on with it.',
    { details: { maxSteps } },
  );
}
