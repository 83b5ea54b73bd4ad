import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { onBranch, type WorkflowRun } from '../core/run.js';
import type { StepRecord } from '../core/step-record.js';
import type { JournalWriter } from '../ports/run-journal.js';
import { WORKFLOW_RUN_STORE, type OpenRun, type WorkflowRunStore } from '../ports/workflow-run-store.js';
import type { WorkflowDefinition } from '../steps/kinds.js';
import { flowFor } from '../steps/kinds.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

/** A turn, and the workflow that its thread is pinned to. */
interface Asking extends JournalWriter {
  readonly caller: Pick<Caller, 'org'>;
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
    const { org } = turn.caller;
    if (found !== undefined) return this.defined(org, found);
    const definition = await this.catalogue.toRun(org, turn.workflow, turn.version);
    const fresh = freshRun(turn, definition, this.catalogue.isOwn(org, definition) ? org : undefined);
    const current = await this.runs.current(turn.threadId, fresh, turn.turnId);
    if (current.is === 'left') return { left: current.left };
    return this.defined(org, current.is === 'open' ? current : await this.begin(turn, fresh));
  }

  private async defined(
    org: string,
    { run, entered, isBegun }: OpenRun & { readonly isBegun: boolean },
  ): Promise<FoundRun> {
    const isOwn = run.definedBy !== undefined;
    return {
      run,
      entered,
      isBegun,
      definition: await this.catalogue.toRun(org, run.workflow, run.version, isOwn),
    };
  }

  /** As it was run before; absent: there is no such workflow any more. */
  private definitionOf(org: string, { workflow, version, definedBy }: WorkflowRun) {
    return this.catalogue.toRun(org, workflow, version, definedBy !== undefined).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'UNKNOWN_WORKFLOW') return undefined;
      throw error;
    });
  }

  /** A branch begins where the turns before it have left the workflow. */
  private async begin(turn: Asking, fresh: WorkflowRun) {
    const before = await this.runs.before(turn.turnId);
    const definition = before && (await this.definitionOf(turn.caller.org, before.run));
    const next = before && definition && onBranch(fresh, before, flowFor(definition));
    return this.runs.begin(turn, next ?? { run: fresh, entered: [] }, next === undefined);
  }
}

/** It has the id of its first turn: two processes that run the turn at the same time begin the same run. */
function freshRun(
  { threadId, turnId, workflow, version }: Asking,
  { start }: WorkflowDefinition,
  definedBy: string | undefined,
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
    ...(definedBy !== undefined && { definedBy }),
    createdAt: now,
    updatedAt: now,
    endedAt: null,
  };
}
