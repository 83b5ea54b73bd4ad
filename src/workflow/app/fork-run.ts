import { Inject, Injectable } from '@nestjs/common';
import { AppError, newId, type Caller } from '../../kernel/index.js';
import { aroundOf, nodeAt } from '../core/flow.js';
import { stateOf } from '../core/run.js';
import { WORKFLOW_RUN_STORE, type OpenRun, type WorkflowRunStore } from '../ports/workflow-run-store.js';
import { flowFor } from '../steps/kinds.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

/** So many of the steps of a run are looked through for one. */
const MAX_STEPS = 1_000;

/** Takes runs to where they were, in another thread. */
@Injectable()
export class ForkRun {
  constructor(
    @Inject(WORKFLOW_RUN_STORE) private readonly runs: WorkflowRunStore,
    private readonly catalogue: WorkflowCatalogue,
  ) {}

  /**
   * The run as it was when it came to the step for the last time, and what its steps had left by then. Throws `NOT_FOUND` without the
   * run, and `VALIDATION_FAILED` for a step that it has not come to, or that was run beside others.
   */
  async at(caller: Caller, runId: string, step: string): Promise<OpenRun> {
    const open = await this.runs.open(caller, runId);
    if (open === undefined) throw new AppError('NOT_FOUND', 'There is no such workflow run.');
    const { run, entered } = open;
    const isOwn = run.definedBy !== undefined;
    const flow = flowFor(await this.catalogue.toRun(caller.org, run.workflow, run.version, isOwn));
    const isBeside = aroundOf(flow, step).some((place) => nodeAt(flow, place)?.step.kind !== 'subworkflow');
    const stepsDone = isBeside ? undefined : await this.stepsBefore(caller, open, step);
    if (stepsDone === undefined || nodeAt(flow, step) === undefined) {
      throw new AppError('VALIDATION_FAILED', 'The run has not come to that step, or ran it beside others.', {
        details: { issues: [{ path: 'step', message: 'is no step that a run could begin with' }] },
      });
    }
    const { position: _position, ...rest } = run;
    return {
      run: { ...rest, id: newId(), step, stepsDone, status: 'waiting', endedAt: null },
      entered: entered.filter((one) => one.stepsDone < stepsDone),
    };
  }

  /** Begins a run in a thread that has none. */
  async begin(caller: Caller, threadId: string, open: OpenRun): Promise<void> {
    await this.runs.seed(caller, { ...open, run: { ...open.run, threadId } });
  }

  private async stepsBefore(caller: Caller, { run }: OpenRun, step: string): Promise<number | undefined> {
    if (stateOf(run, 0).active.some(({ at }) => at === step)) return run.stepsDone;
    const ran = await this.runs.ran(caller, run.id, MAX_STEPS);
    return ran.find((one) => one.step === step)?.stepsBefore;
  }
}
