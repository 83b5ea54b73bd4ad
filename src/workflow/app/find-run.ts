import { Inject, Injectable } from '@nestjs/common';
import { onBranch, type WorkflowRun } from '../core/run.js';
import type { StepRecord } from '../core/step-record.js';
import type { JournalWriter } from '../ports/run-journal.js';
import { WORKFLOW_RUN_STORE, type OpenRun, type WorkflowRunStore } from '../ports/workflow-run-store.js';
import type { WorkflowDefinition } from '../steps/kinds.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

/** A turn, and the workflow that its thread is pinned to. */
interface Asking extends JournalWriter {
  readonly workflow: string;
  readonly version: number;
  /** The run as the statement that accepted the turn has found it. */
  readonly run?: unknown;
}

/** The run that a turn goes on with; or what is left of its last step, which it has completed. */
export type FoundRun =
  | (OpenRun & {
      readonly left?: undefined;
      readonly definition: WorkflowDefinition;
      readonly isBegun: boolean;
    })
  | { readonly left: StepRecord };

/** Finds where the workflow of a thread stands for a turn, and begins a run where there is none. */
@Injectable()
export class FindRun {
  constructor(
    @Inject(WORKFLOW_RUN_STORE) private readonly runs: WorkflowRunStore,
    private readonly catalogue: WorkflowCatalogue,
  ) {}

  async find(turn: Asking): Promise<FoundRun> {
    const found = this.runs.foundAlong(turn.run);
    if (found !== undefined) return this.defined(found);
    const fresh = freshRun(turn, this.catalogue.get(turn.workflow, turn.version));
    const current = await this.runs.current(turn.threadId, fresh, turn.turnId);
    if (current.is === 'left') return { left: current.left };
    return this.defined(current.is === 'open' ? current : await this.begin(turn, fresh));
  }

  private defined({ run, entered, isBegun }: OpenRun & { readonly isBegun: boolean }): FoundRun {
    return { run, entered, isBegun, definition: this.catalogue.get(run.workflow, run.version) };
  }

  /** A branch begins where the turns before it have left the workflow. */
  private async begin(turn: Asking, fresh: WorkflowRun) {
    const before = await this.runs.before(turn.turnId);
    const definition = before && this.catalogue.find(before.run.workflow, before.run.version);
    const next = before && definition && onBranch(fresh, before, definition);
    return this.runs.begin(turn, next ?? { run: fresh, entered: [] }, next === undefined);
  }
}

/** It has the id of its first turn: two processes that run the turn at the same time begin the same run. */
function freshRun(
  { threadId, turnId, workflow, version }: Asking,
  { start }: WorkflowDefinition,
): WorkflowRun {
  const now = new Date().toISOString();
  return {
    id: turnId,
    threadId,
    workflow,
    version,
    step: start,
    status: 'waiting',
    stepsDone: 0,
    createdAt: now,
    updatedAt: now,
    endedAt: null,
  };
}
