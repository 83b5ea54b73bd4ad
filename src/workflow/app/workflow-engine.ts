import { Inject, Injectable } from '@nestjs/common';
import {
  giveAll,
  type AnswerPart,
  type Caller,
  type CompletedStep,
  type ResolvedInput,
  type Sink,
  type StepEvent,
  type StepResult,
} from '../../kernel/index.js';
import { AskModel, ReconcileAttempts, type Answered } from '../../llm/index.js';
import { saidIn, toldAgain } from '../core/step-record.js';
import type { JournalWriter } from '../ports/run-journal.js';
import { WORKFLOW_RUN_STORE, type WorkflowRunStore } from '../ports/workflow-run-store.js';
import { flowFor } from '../steps/kinds.js';
import type { WorkflowInput } from '../steps/step-kind.js';
import { FindRun } from './find-run.js';
import { PrepareQuestion } from './prepare-question.js';
import { StepTools } from './step-tools.js';
import { TurnSteps } from './turn-steps.js';
import { DEFAULT_WORKFLOW } from './built-in-workflows.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

/** A message that runs the workflow of its thread, from its current step on. */
export interface StepInput extends WorkflowInput, JournalWriter {
  readonly workflow: string;
  readonly version: number;
  /** The run as the statement that accepted the turn has found it; absent: it is looked for. */
  readonly run?: unknown;
  /** Present when the turn is executed again: the outcomes of what it asked people, by the keys of the inputs. */
  readonly before?: { readonly inputs: ReadonlyMap<string, ResolvedInput> } | undefined;
  /** Aborts when another process is to go on with the turn: what must not be done twice is not begun here then. */
  readonly leaving?: AbortSignal | undefined;
}

/** A message that is answered without a thread. */
export interface StatelessInput extends WorkflowInput {
  /** Whether another attempt may follow one that has spoken already. */
  readonly resettable: boolean;
}

const NO_INPUTS: ReadonlyMap<string, ResolvedInput> = new Map();

/** Runs workflows step by step, and stores the result of each step and the state of the run. */
@Injectable()
export class WorkflowEngine {
  constructor(
    @Inject(WORKFLOW_RUN_STORE) private readonly runs: WorkflowRunStore,
    private readonly findRun: FindRun,
    private readonly questions: PrepareQuestion,
    private readonly catalogue: WorkflowCatalogue,
    private readonly models: AskModel,
    private readonly tools: StepTools,
    private readonly attempts: ReconcileAttempts,
  ) {}

  /** Throws the error for a provider or model that cannot be asked, before anything is stored. */
  checkModel(
    caller: Pick<Caller, 'org'>,
    request: { readonly provider?: string | undefined; readonly model?: string | undefined },
  ): void {
    this.models.check(request, caller.org);
  }

  /** Throws `UNKNOWN_TOOL` for a name that means none, before anything is stored. */
  async checkTools(caller: Caller, tools: WorkflowInput['tools']): Promise<void> {
    await this.tools.check(caller, tools);
  }

  /**
   * Runs the current step of the thread's run, and the steps after it until one waits for a person or needs another
   * message. A turn that is executed again replays the recorded results of its completed steps, and goes on from there.
   * Throws the signal's reason when it aborts, that of `leaving` where it would begin what must not be done twice, a `LeaseLostError` when another process runs the turn, otherwise an
   * `AppError`. Tells what it does event by event; `tell` throws only when the signal has aborted.
   */
  async execute(input: StepInput, signal: AbortSignal, tell: Sink<StepEvent>): Promise<StepResult> {
    const found = await this.findRun.find(input);
    const done = input.before === undefined ? [] : await this.runs.stepsOf(input.turnId);
    if (found.left !== undefined) {
      await giveAll(tell, toldAgain(done));
      await giveAll(tell, saidIn(found.left));
      return found.left.outcome;
    }
    const { definition, run, entered, isBegun } = found;
    const steps = { ...input, inputs: input.before?.inputs ?? NO_INPUTS };
    const { runs, questions, models, tools } = this;
    const turn = new TurnSteps(
      { runs, questions, models, tools },
      steps,
      flowFor(definition),
      { run, entered },
      isBegun,
      tell,
      signal,
    );
    await turn.again(done);
    return turn.goOn();
  }

  /**
   * Recovers a turn whose process died after saying `said`: records its attempts in the ledger, and returns the result
   * of its last step if that was completed. Such a step is not run again.
   */
  async recover(turnId: string, said: string): Promise<CompletedStep | undefined> {
    await this.attempts.ofTurn(turnId, said);
    return this.runs.completedBy(turnId);
  }

  /** Asks as the first step of the default workflow does, and stores nothing. Throws as `execute` does. */
  async askStateless(input: StatelessInput, signal: AbortSignal, sink: Sink<AnswerPart>): Promise<Answered> {
    const step = this.catalogue.firstQuestion(DEFAULT_WORKFLOW);
    const cause = { type: 'stateless', requestId: input.turnId } as const;
    const asked = { input, step, before: [], content: input.content, forms: [], cause };
    const { question } = await this.questions.prepare(asked);
    return this.models.ask({ ...question, resettable: input.resettable }, signal, sink);
  }
}
