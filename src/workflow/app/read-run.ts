import { Inject, Injectable } from '@nestjs/common';
import { clearanceLevel, type Caller } from '../../kernel/index.js';
import { definedAt } from '../core/flow.js';
import { mermaidOf, type NodeState } from '../core/graph.js';
import { variablesOf, type Entered } from '../core/results.js';
import { stateOf, type WorkflowRun } from '../core/run.js';
import type { ActiveStep } from '../core/run-state.js';
import {
  WORKFLOW_RUN_STORE,
  type OpenRun,
  type RanStep,
  type WorkflowRunStore,
} from '../ports/workflow-run-store.js';
import { flowFor, KIND_OF_STEP } from '../steps/kinds.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

/** So many of the steps that a run has been through are shown, the newest. */
const MAX_STEPS_SHOWN = 1_000;

/** A run as its owner sees it. */
export interface ShownRun {
  readonly run: WorkflowRun;
  readonly active: readonly ActiveStep[];
  /** The steps that it has been through, in their order. */
  readonly steps: readonly RanStep[];
  /** The variables of the run. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** Shows runs to their owners: as data, and as a graph. */
@Injectable()
export class ReadRun {
  constructor(
    @Inject(WORKFLOW_RUN_STORE) private readonly runs: WorkflowRunStore,
    private readonly catalogue: WorkflowCatalogue,
  ) {}

  async read(caller: Caller, runId: string): Promise<ShownRun | undefined> {
    const found = await this.runs.open(caller, runId);
    if (found === undefined) return undefined;
    const newest = await this.runs.ran(caller, runId, MAX_STEPS_SHOWN);
    const { run, entered } = found;
    const { active } = stateOf(run, 0);
    return { run, active, steps: newest.toReversed(), state: variablesOf(readable(entered, caller)) };
  }

  /** The workflow as a flowchart, with the states of the steps of a run; absent where one of the two is not there. */
  async graph(
    caller: Caller,
    name: string,
    { version, runId }: { readonly version?: number | undefined; readonly runId?: string | undefined },
  ): Promise<string | undefined> {
    const shown = runId === undefined ? undefined : await this.runs.open(caller, runId);
    if (runId !== undefined && shown?.run.workflow !== name) return undefined;
    const wanted = shown?.run.version ?? version ?? (await this.catalogue.find(caller.org, name))?.version;
    if (wanted === undefined || (await this.catalogue.find(caller.org, name, wanted)) === undefined)
      return undefined;
    const isOwn = shown?.run.definedBy !== undefined;
    const flow = flowFor(await this.catalogue.toRun(caller.org, name, wanted, isOwn || shown === undefined));
    const states = shown && statesOf(shown, await this.runs.ran(caller, shown.run.id, MAX_STEPS_SHOWN));
    return mermaidOf(flow, KIND_OF_STEP, states);
  }
}

/** The steps as they are drawn: what they have come to last, and which ones are active. */
function statesOf({ run }: OpenRun, newestFirst: readonly RanStep[]): ReadonlyMap<string, NodeState> {
  const states = new Map<string, NodeState>();
  for (const { step, status } of newestFirst.toReversed())
    states.set(definedAt(step), status === 'opened' ? 'active' : status);
  const { active, open } = stateOf(run, 0);
  const isOpen = new Set(open.map(({ at }) => definedAt(at)));
  for (const [path, state] of states)
    if (state === 'active' && !isOpen.has(path)) states.set(path, 'completed');
  for (const { at } of active) {
    const path = definedAt(at);
    // It has failed, and the run stays at it.
    if (newestFirst[0]?.step !== at || newestFirst[0].status !== 'failed') states.set(path, 'waiting');
  }
  return states;
}

/** What is drawn from documents above the reader's clearance is withheld. */
function readable(results: readonly Entered[], { clearance }: Caller): readonly Entered[] {
  const level = clearanceLevel(clearance);
  return results.map((one) =>
    one.basis === undefined || one.basis.level <= level ? one : { ...one, content: '[withheld]' },
  );
}
