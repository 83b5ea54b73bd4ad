import type { ResolvedInput, WorkflowStatusChanged } from '../../kernel/index.js';
import type { AskModel } from '../../llm/index.js';
import type { JournalWriter } from '../ports/run-journal.js';
import type { WorkflowRunStore } from '../ports/workflow-run-store.js';
import type { WorkflowInput } from '../steps/step-kind.js';
import type { PrepareQuestion } from './prepare-question.js';
import type { StepTools } from './step-tools.js';

/** A turn as it runs the steps of its thread's workflow. */
export interface StepsInput extends WorkflowInput, JournalWriter {
  /** What came of what the turn has asked of people, by the keys of the inputs. */
  readonly inputs: ReadonlyMap<string, ResolvedInput>;
  readonly leaving?: AbortSignal | undefined;
}

/** What running steps takes. */
export interface StepMeans {
  readonly runs: WorkflowRunStore;
  readonly questions: PrepareQuestion;
  readonly models: Pick<AskModel, 'ask'>;
  readonly tools: StepTools;
}

/** How a step was begun. */
export interface Begun {
  readonly opening: readonly WorkflowStatusChanged[];
  /** ISO 8601 UTC with milliseconds. */
  readonly startedAt: string;
}
