import type { WorkflowState, WorkflowStatus, WorkflowStatusChanged } from '../../kernel/index.js';
import { stepOf, type Definition, type StepFields } from './definition.js';

/** A thread's run through a workflow. Times are ISO 8601 UTC with milliseconds. */
export interface WorkflowRun {
  readonly id: string;
  readonly threadId: string;
  readonly workflow: string;
  readonly version: number;
  /** The step that the next message runs, or the last one when the run is complete. */
  readonly step: string;
  readonly status: 'waiting' | 'completed';
  /** How often a step has been completed in this run. */
  readonly stepsDone: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly endedAt: string | null;
}

/** The state of a run after its current step has been completed. */
export interface Advance {
  readonly step: string;
  readonly status: WorkflowRun['status'];
  readonly stepsDone: number;
  /** The forms of the run with the one that was just entered; absent: none was. */
  readonly entered?: readonly Entered[];
}

/** What was entered into the form of a step, when `stepsDone` steps of the run were done. */
export interface Entered {
  readonly step: string;
  readonly stepsDone: number;
  readonly content: unknown;
}

/** The most forms stored with a run, the newest ones. */
const MAX_FORMS = 50;

/** The forms of a run with that of its current step. */
export function withForm(
  entered: readonly Entered[],
  run: WorkflowRun,
  content: unknown,
): readonly Entered[] {
  return [...entered, { step: run.step, stepsDone: run.stepsDone, content }].slice(-MAX_FORMS);
}

/** A step that follows itself: it is never finished, every message runs it again. */
export function isOpen(step: StepFields): boolean {
  return step.next === step.id;
}

/** The run's next state: at the step's successor, at the step itself when it is open, or complete. */
export function advance(run: WorkflowRun, step: StepFields): Advance {
  if (isOpen(step)) return { step: step.id, status: 'waiting', stepsDone: run.stepsDone };
  return advanceTo(run, step.next);
}

/** The run's state at another step, or complete. */
export function advanceTo(run: WorkflowRun, next: string | undefined): Advance {
  const stepsDone = run.stepsDone + 1;
  if (next === undefined) return { step: run.step, status: 'completed', stepsDone };
  return { step: next, status: 'waiting', stepsDone };
}

/** The state of a run after a step: its place is counted from the first step. */
function standsAfter(definition: Definition, run: WorkflowRun, answered: string): WorkflowState | undefined {
  let stepsDone = 0;
  let at = definition.steps.find(({ id }) => id === definition.start);
  while (at !== undefined && at.id !== answered && stepsDone < definition.steps.length) {
    stepsDone += 1;
    const { next } = at;
    at = definition.steps.find(({ id }) => id === next);
  }
  const step = definition.steps.find(({ id }) => id === answered);
  return step && { runId: run.id, ...advance({ ...run, step: step.id, stepsDone }, step) };
}

/** A run as the turns before a turn have left it: its state, or the last answered step if no state was stored. */
interface LeftRun {
  readonly run: WorkflowRun;
  readonly entered: readonly Entered[];
  readonly state: WorkflowState | null;
  readonly step: string | null;
}

/** The run of a new branch, which continues that of its parent; `undefined` when that was complete or its step is gone. */
export function onBranch(
  fresh: WorkflowRun,
  { run, entered, state, step }: LeftRun,
  definition: Definition,
): Pick<LeftRun, 'run' | 'entered'> | undefined {
  const stood = state ?? (step === null ? undefined : standsAfter(definition, run, step));
  if (stood?.status !== 'waiting' || definition.steps.every(({ id }) => id !== stood.step)) return undefined;
  const { workflow, version } = run;
  return {
    run: { ...fresh, workflow, version, step: stood.step, stepsDone: stood.stepsDone },
    entered: entered.filter(({ stepsDone }) => stepsDone < stood.stepsDone),
  };
}

/** The events before a step's answer: that the run started, if it did, which step runs, and whether it waits for a person. */
export function opening(run: WorkflowRun, definition: Definition, isNew: boolean): WorkflowStatusChanged[] {
  const step = stepOf(definition, run.step);
  const started = isNew ? [status(run, definition, step, 'started', run.stepsDone)] : [];
  const waiting = step.kind === 'human' ? [status(run, definition, step, 'waiting', run.stepsDone)] : [];
  return [...started, status(run, definition, step, 'step_started', run.stepsDone), ...waiting];
}

/** How a step came to its end. */
export interface Closing {
  /** A person has declined it, or let it expire. */
  readonly isSkipped?: boolean;
  /** The turn goes on with the step that follows. */
  readonly goesOn?: boolean;
}

/** The events after a step's answer: that it is completed, and what follows. */
export function closing(
  run: WorkflowRun,
  definition: Definition,
  to: Advance,
  { isSkipped = false, goesOn = false }: Closing = {},
): WorkflowStatusChanged[] {
  const step = stepOf(definition, run.step);
  if (isOpen(step)) return [status(run, definition, step, 'waiting', to.stepsDone)];
  const completed = status(run, definition, step, isSkipped ? 'skipped' : 'step_completed', to.stepsDone);
  if (to.status === 'completed') return [completed];
  const next = stepOf(definition, to.step);
  return [
    completed,
    status(run, definition, next, 'transitioned', to.stepsDone),
    ...(goesOn ? [] : [status(run, definition, next, 'waiting', to.stepsDone)]),
  ];
}

/** The events before the answer of a completed step, derived from those after it. */
export function reopening(told: readonly WorkflowStatusChanged[]): WorkflowStatusChanged[] {
  return told
    .filter(({ data }) => data.status === 'step_completed')
    .map(({ type, data }) => {
      const { done, total } = data.progress;
      return { type, data: { ...data, status: 'step_started', progress: { done: done - 1, total } } };
    });
}

/** What clients are told when a step could not be answered: the run stays where it was. */
export function failing(run: WorkflowRun, definition: Definition): WorkflowStatusChanged {
  return status(run, definition, stepOf(definition, run.step), 'failed', run.stepsDone);
}

function status(
  run: WorkflowRun,
  definition: Definition,
  step: StepFields,
  value: WorkflowStatus,
  done: number,
): WorkflowStatusChanged {
  const total = definition.steps.length;
  return {
    type: 'workflow_status',
    data: {
      workflow: run.workflow,
      version: run.version,
      runId: run.id,
      step: step.id,
      stepTitle: step.title,
      status: value,
      progress: { done, total },
    },
  };
}
