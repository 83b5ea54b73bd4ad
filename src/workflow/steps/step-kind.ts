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
import type { StepFields } from '../core/definition.js';
import type { InnerBody } from '../core/flow.js';
import type { ModelStep } from '../core/prompt.js';
import type { ToolRound } from '../core/step-record.js';
import type { View } from './template.js';

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
  /** Whether other steps run beside it: then it says nothing to the user. */
  readonly isBeside: boolean;
  /** What templates and expressions are given. */
  readonly view: () => View;
  /** Asks a model, after what was said before, and tells what it says; it may have to wait for people to agree to calls. */
  readonly ask: (
    step: AskingStep,
    before: readonly HistoryMessage[],
    content: string,
  ) => Promise<Said | Waits>;
  /** Asks a model, and tells nobody. */
  readonly askSilently: (
    step: AskingStep,
    before: readonly HistoryMessage[],
    content: string,
    format?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> },
  ) => Promise<Silent>;
  /** The passages of documents that this user may read. */
  readonly search: (query: string, limit: number) => Promise<Found>;
  /** Calls a tool as a model would. */
  readonly call: (
    step: AskingStep,
    tool: string,
    args: Readonly<Record<string, unknown>>,
  ) => Promise<Called | Waits>;
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

/** What a model has said to nobody. */
export interface Silent {
  readonly text: string;
  readonly basis: Basis | undefined;
}

/** What was found in documents. */
export interface Found {
  readonly passages: readonly {
    readonly title: string;
    readonly content: string;
    readonly score: number;
    readonly documentId: string;
    readonly chunkId: string;
  }[];
  readonly basis: Basis | undefined;
}

/** What came of a call. */
export interface Called {
  readonly type: 'called';
  readonly ok: boolean;
  readonly content: string;
  readonly rounds: readonly ToolRound[];
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
  readonly into?: string | undefined;
  /** The step that follows; absent: none does. */
  readonly next: string | undefined;
}

/** What a step has found out: a variable of the run. */
export interface Kept {
  readonly type: 'kept';
  readonly value: unknown;
  /** The variable; absent: it is called as the step. */
  readonly into?: string | undefined;
  readonly basis?: Basis | undefined;
  readonly rounds?: readonly ToolRound[] | undefined;
  /** The step that follows; absent: the one that its definition says. */
  readonly next?: string | undefined;
}

/** Which step follows, and nothing else. */
export interface Chosen {
  readonly type: 'chosen';
  readonly next: string | undefined;
}

/** The run goes on inside the step. */
export interface Opens {
  readonly type: 'opens';
  /** Where its bodies begin, from the step on. */
  readonly bodies: readonly string[];
  readonly atOnce: number;
  /** The variable of the step, in which those of its bodies are. */
  readonly value: unknown;
}

/** The body of the step is over. */
export interface Finished {
  readonly type: 'finished';
}

/** How a step comes to its end. */
export type Ended = Said | Decided | Kept | Chosen | Opens | Finished;
export type StepEnd = Ended | Waits;

/** Runs steps of one kind. */
export type RunStep<Step> = (step: Step, work: StepWork) => StepEnd | Promise<StepEnd>;

/** A mistake in a step: the path of a field in it, and what is wrong, as the rest of a sentence. */
export type Problem = readonly [path: readonly (string | number)[], problem: string];

/** A kind of steps. A method's parameter is the step of its own kind. */
export interface StepKind<Step extends StepFields = StepFields> {
  run(step: Step, work: StepWork): StepEnd | Promise<StepEnd>;
  /** Where it may lead besides `next` and `onError`, by the field that names the step. */
  ways?(step: Step): readonly (readonly [field: string, to: string | undefined])[];
  bodies?(step: Step): readonly InnerBody[];
  /** What its schema does not say. */
  problems?(step: Step): readonly Problem[];
  /** Whether it answers a message of the user, and is not run before there is one. */
  readonly needsMessage?: true;
}
