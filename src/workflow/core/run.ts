import type { WorkflowStatus, WorkflowStatusChanged } from '../../kernel/index.js';
import { stepOf, type StepDefinition, type WorkflowDefinition } from './definition.js';

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
}

/** A step that follows itself: it is never finished, every message runs it again. */
export function isOpen(step: StepDefinition): boolean {
  return step.next === step.id;
}

/** The run's next state: at the step's successor, at the step itself when it is open, or complete. */
export function advance(run: WorkflowRun, step: StepDefinition): Advance {
  if (isOpen(step)) return { step: step.id, status: 'waiting', stepsDone: run.stepsDone };
  const stepsDone = run.stepsDone + 1;
  if (step.next === undefined) return { step: step.id, status: 'completed', stepsDone };
  return { step: step.next, status: 'waiting', stepsDone };
}

/** The events before a step's answer: that the run started, if it did, and which step runs. */
export function opening(
  run: WorkflowRun,
  definition: WorkflowDefinition,
  isNew: boolean,
): WorkflowStatusChanged[] {
  const step = stepOf(definition, run.step);
  const started = isNew ? [status(run, definition, step, 'started', run.stepsDone)] : [];
  return [...started, status(run, definition, step, 'step_started', run.stepsDone)];
}

/** The events after a step's answer: that it is completed, and what follows. */
export function closing(
  run: WorkflowRun,
  definition: WorkflowDefinition,
  to: Advance,
): WorkflowStatusChanged[] {
  const step = stepOf(definition, run.step);
  if (isOpen(step)) return [status(run, definition, step, 'waiting', to.stepsDone)];
  const completed = status(run, definition, step, 'step_completed', to.stepsDone);
  if (to.status === 'completed') return [completed];
  const next = stepOf(definition, to.step);
  return [
    completed,
    status(run, definition, next, 'transitioned', to.stepsDone),
    status(run, definition, next, 'waiting', to.stepsDone),
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

/** The event of a step that could not be completed: the run stays at it. */
export function failing(run: WorkflowRun, definition: WorkflowDefinition): WorkflowStatusChanged {
  return status(run, definition, stepOf(definition, run.step), 'failed', run.stepsDone);
}

function status(
  run: WorkflowRun,
  definition: WorkflowDefinition,
  step: StepDefinition,
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
