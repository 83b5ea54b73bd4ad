import type { WorkflowState, WorkflowStatus, WorkflowStatusChanged } from '../../kernel/index.js';
import type { Definition, StepFields } from './definition.js';
import { nodeAt, type Flow } from './flow.js';
import type { Entered } from './results.js';
import { remaining, type ActiveStep, type Advanced, type OpenStep, type RunState } from './run-state.js';

/** The steps that are active in a run, where that is not one alone outside of all others. */
export interface Position {
  readonly active: readonly ActiveStep[];
  readonly open: readonly OpenStep[];
}

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
  /** Absent: nothing is active but the step. */
  readonly position?: Position;
  /** The organisation whose own definition it follows; absent: it is one of the server's. */
  readonly definedBy?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly endedAt: string | null;
}

/** The state of a run after its current step has been completed. */
export interface Advance {
  readonly step: string;
  readonly status: WorkflowRun['status'];
  readonly stepsDone: number;
  readonly position?: Position;
  /** The results of the run with the one that was just added; absent: none was. */
  readonly entered?: readonly Entered[];
}

/** A step that follows itself: it is never finished, every message runs it again. */
export function isOpen(step: StepFields): boolean {
  return step.next === step.id && (step.kind ?? 'chat') === 'chat';
}

/** Where a run stands, as it was stored. `inARow`: the steps of the turn so far. */
export function stateOf({ step, status, stepsDone, position }: Advance, inARow: number): RunState {
  const here = status === 'completed' ? [] : [{ at: step, since: stepsDone }];
  const { active, open } = position ?? { active: here, open: [] };
  return { active, open, status, stepsDone, inARow, place: step };
}

/** Where a run stands, as it is stored. */
export function advanceOf({ active, open, status, stepsDone, place }: RunState): Advance {
  const isPlain = open.length === 0 && active.length < 2;
  return { step: place, status, stepsDone, ...(isPlain ? {} : { position: { active, open } }) };
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
  if (step === undefined) return undefined;
  if (isOpen(step)) return { runId: run.id, step: step.id, status: 'waiting', stepsDone };
  const { next } = step;
  const status = next === undefined ? 'completed' : 'waiting';
  return { runId: run.id, step: next ?? step.id, status, stepsDone: stepsDone + 1 };
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
  flow: Flow,
): Pick<LeftRun, 'run' | 'entered'> | undefined {
  const stood = state ?? (step === null ? undefined : standsAfter(flow.definition, run, step));
  if (stood?.status !== 'waiting' || nodeAt(flow, stood.step) === undefined) return undefined;
  const { workflow, version, definedBy } = run;
  const { definedBy: _fresh, ...own } = fresh;
  const { step: at, stepsDone, position } = stood;
  return {
    run: {
      ...own,
      ...{ workflow, version, step: at, stepsDone },
      ...(definedBy === undefined ? {} : { definedBy }),
      ...(position === undefined ? {} : { position }),
    },
    entered: entered.filter((one) => one.stepsDone < stepsDone),
  };
}

/** The events before what a step does: that the run started, if it did, which step runs, and whether it waits. */
export function opening(told: Told, state: RunState, at: string, isNew: boolean): WorkflowStatusChanged[] {
  const kind = nodeAt(told.flow, at)?.step.kind;
  return [
    ...(isNew ? [status(told, state, at, 'started')] : []),
    status(told, state, at, 'step_started'),
    ...(kind === 'human' || kind === 'wait' ? [status(told, state, at, 'waiting')] : []),
  ];
}

/** How a step came to its end. */
export interface Closing {
  readonly how: 'step_completed' | 'skipped' | 'failed' | 'opened';
  /** The turn goes on with what follows. */
  readonly goesOn: boolean;
}

/** The events after a step: that it is completed, and what follows. */
export function closing(
  told: Told,
  at: string,
  { state, effects }: Advanced,
  { how, goesOn }: Closing,
): WorkflowStatusChanged[] {
  const tell = (place: string, value: WorkflowStatus) => status(told, state, place, value);
  const node = nodeAt(told.flow, at);
  if (node !== undefined && effects.length === 0 && isOpen(node.step)) return [tell(at, 'waiting')];
  const ended =
    how === 'failed' && !effects.some((one) => one.type === 'left' && one.at === at) ? [tell(at, how)] : [];
  return [
    ...ended,
    ...effects.flatMap((effect): WorkflowStatusChanged[] => {
      if (effect.type === 'left') {
        const value = how === 'failed' ? how : effect.at === at && how !== 'opened' ? how : 'step_completed';
        return [tell(effect.at, value)];
      }
      if (effect.type !== 'entered') return [];
      return [tell(effect.at, 'transitioned'), ...(goesOn ? [] : [tell(effect.at, 'waiting')])];
    }),
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
export function failing(told: Told, state: RunState, at: string): WorkflowStatusChanged {
  return status(told, state, at, 'failed');
}

/** The run that is told of. */
export interface Told {
  readonly run: Pick<WorkflowRun, 'id' | 'workflow' | 'version'>;
  readonly flow: Flow;
}

function status(
  { run, flow }: Told,
  state: RunState,
  at: string,
  value: WorkflowStatus,
): WorkflowStatusChanged {
  const done = state.stepsDone;
  return {
    type: 'workflow_status',
    data: {
      workflow: run.workflow,
      version: run.version,
      runId: run.id,
      step: at,
      stepTitle: nodeAt(flow, at)?.step.title ?? at,
      status: value,
      progress: { done, total: done + remaining(flow, state) },
    },
  };
}
