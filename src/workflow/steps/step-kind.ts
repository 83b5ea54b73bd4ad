import type {
  Basis,
  Caller,
  Citation,
  HistoryMessage,
  RequestedInput,
  ResolvedInput,
  TurnRequest,
} from '../../kernel/index.js';
import type { Answered } from '../../llm/index.js';
import type { ApprovalPolicies } from '../../tool/index.js';
import type { ModelStep } from '../core/prompt.js';
import type { ToolRound } from '../core/step-record.js';

/** A message as a step answers it. */
export interface WorkflowInput extends TurnRequest {
  readonly caller: Caller;
  readonly turnId: string;
  readonly history: readonly HistoryMessage[];
  /** What the history was drawn from. */
  readonly basis?: Basis | undefined;
}

/** What a step has of the turn that runs it. */
export interface StepWork {
  readonly input: WorkflowInput;
  /** What is written between the user's message and this step, by the steps of the turn before it. */
  readonly own: readonly HistoryMessage[];
  /** What the turn knows this step by, each time that it is executed. */
  readonly key: string;
  /** What came of what the turn has asked of people. */
  readonly inputs: ReadonlyMap<string, ResolvedInput>;
  /** Asks a model, after what was said before, and tells what it says; it may have to wait for people to agree to calls. */
  readonly ask: (
    step: AskingStep,
    before: readonly HistoryMessage[],
    content: string,
  ) => Promise<Said | Waits>;
}

/** A step that asks a model, with the tools that it may call there. */
export interface AskingStep extends ModelStep {
  readonly id: string;
  readonly tools?: true | readonly string[] | undefined;
  /** Policies at least as strict as these hold for calls of the step. */
  readonly approval?: ApprovalPolicies | undefined;
}

/** What a model has said in a step, and what it was drawn from. */
export interface Said {
  readonly type: 'said';
  readonly answered: Answered;
  readonly citations: readonly Citation[];
  /** Absent: from no documents. */
  readonly basis: Basis | undefined;
  /** The rounds before it in which it called tools. */
  readonly rounds?: readonly ToolRound[] | undefined;
}

/** What a step waits for. */
export interface Waits {
  readonly type: 'waits';
  readonly waitsFor: readonly RequestedInput[];
}

/** What people have decided in a step. */
export interface Decided {
  readonly type: 'decided';
  /** What was entered, where it was accepted. */
  readonly entered?: unknown;
  readonly isAccepted: boolean;
  /** The step that follows; absent: the run is complete. */
  readonly next: string | undefined;
}

/** How a step comes to its end, or what it waits for. */
export type StepEnd = Said | Decided | Waits;

/** Runs steps of one kind. */
export type RunStep<Step> = (step: Step, work: StepWork) => StepEnd | Promise<StepEnd>;
