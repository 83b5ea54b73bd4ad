import { Inject, Injectable } from '@nestjs/common';
import {
  type AnswerPart,
  type Basis,
  type Caller,
  type Citation,
  type CompletedStep,
  newId,
  type HistoryMessage,
  type StepEvent,
  type StepOutcome,
  type TurnRequest,
} from '../../kernel/index.js';
import {
  AskModel,
  ReconcileAttempts,
  type Answered,
  type AttemptCause,
  type Question,
} from '../../llm/index.js';
import { RETRIEVER, type RetrievedPassage, type Retriever } from '../../rag/index.js';
import { stepOf, type StepDefinition, type WorkflowDefinition } from '../core/definition.js';
import { basisOf, promptFor } from '../core/prompt.js';
import { advance, closing, failing, isOpen, opening, reopening, type WorkflowRun } from '../core/run.js';
import { WORKFLOW_RUN_STORE, type WorkflowRunStore } from '../ports/workflow-run-store.js';
import { DEFAULT_WORKFLOW, WorkflowCatalogue } from './workflow-catalogue.js';

/** A message as a step answers it. */
export interface WorkflowInput extends TurnRequest {
  readonly caller: Caller;
  readonly turnId: string;
  readonly history: readonly HistoryMessage[];
  /** What the history is based on. */
  readonly basis?: Basis | undefined;
}

/** A message that runs the current step of its thread's workflow. */
export interface StepInput extends WorkflowInput {
  readonly threadId: string;
  readonly workflow: string;
  readonly version: number;
}

/** A message that is answered without a thread. */
export interface StatelessInput extends WorkflowInput {
  /** Whether another attempt may follow one that has spoken already. */
  readonly resettable: boolean;
}

/** What an answer is based on. */
interface Grounds {
  readonly passages: readonly RetrievedPassage[];
  readonly citations: readonly Citation[];
  /** Absent: no documents. */
  readonly basis: Basis | undefined;
}

const MAX_PASSAGES = 6;

/** Runs workflows one step per message: retrieves passages, asks the model, and stores the state of the run. */
@Injectable()
export class WorkflowEngine {
  constructor(
    @Inject(WORKFLOW_RUN_STORE) private readonly runs: WorkflowRunStore,
    @Inject(RETRIEVER) private readonly retriever: Retriever,
    private readonly catalogue: WorkflowCatalogue,
    private readonly models: AskModel,
    private readonly attempts: ReconcileAttempts,
  ) {}

  /** Throws the error for a provider or model that cannot be asked, before anything is stored. */
  checkModel(
    caller: Pick<Caller, 'org'>,
    request: { readonly provider?: string | undefined; readonly model?: string | undefined },
  ): void {
    this.models.check(request, caller.org);
  }

  /**
   * Runs the current step of the thread's run. A turn that is run again continues the run it has begun; if it has
   * completed its step already, the recorded result is replayed. Throws the signal's reason when it aborts, otherwise
   * an `AppError`.
   */
  async *execute(input: StepInput, signal: AbortSignal): AsyncGenerator<StepEvent, StepOutcome, undefined> {
    const current = await this.currentRun(input);
    if (current.left !== undefined) return yield* replay(current.left);
    const { run, definition, isBegun } = current;
    const step = stepOf(definition, run.step);
    yield* opening(run, definition, isBegun);
    try {
      const grounds = await this.grounds(input, step);
      yield* basisEvents(grounds);
      const cause = { type: 'turn', threadId: input.threadId, turnId: input.turnId } as const;
      const answered = yield* this.models.ask(questionOf(input, step, grounds, cause), signal);
      const to = advance(run, step);
      const status = { closing: closing(run, definition, to), workflow: statusOf(run, step, to.status) };
      const outcome = outcomeOf(answered, grounds, status);
      // The result of an open step is not stored: if it is lost, the model is asked again.
      if (!isOpen(step))
        await this.runs.advance(run, to, input.turnId, completedStepOf(step, answered, outcome));
      return outcome;
    } catch (error) {
      if (!signal.aborted) yield failing(run, definition);
      throw error;
    }
  }

  /**
   * Recovers a turn whose process died after saying `said`: records its attempts in the ledger, and returns the step's
   * result if the step was completed. Such a step is not run again.
   */
  async recover(turnId: string, said: string): Promise<CompletedStep | undefined> {
    await this.attempts.ofTurn(turnId, said);
    return this.runs.completedBy(turnId);
  }

  /**
   * Asks as the first step of the default workflow does, and stores nothing: resolves when its documents have been
   * searched. Throws as `execute` does.
   */
  async askStateless(
    input: StatelessInput,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<AnswerPart, Answered, undefined>> {
    const definition = this.catalogue.get(DEFAULT_WORKFLOW);
    const step = stepOf(definition, definition.start);
    const cause = { type: 'stateless', requestId: input.turnId } as const;
    const question = questionOf(input, step, await this.grounds(input, step), cause);
    return this.models.ask({ ...question, resettable: input.resettable }, signal);
  }

  private async currentRun({ threadId, turnId, workflow, version }: StepInput) {
    const newest = this.catalogue.get(workflow, version);
    const now = new Date().toISOString();
    const fresh: WorkflowRun = {
      id: newId(),
      threadId,
      workflow,
      version,
      step: newest.start,
      status: 'waiting',
      stepsDone: 0,
      createdAt: now,
      updatedAt: now,
      endedAt: null,
    };
    const current = await this.runs.current(threadId, fresh, turnId);
    if (current.left !== undefined) return current;
    const { run } = current;
    const definition: WorkflowDefinition = this.catalogue.get(run.workflow, run.version);
    return { ...current, definition };
  }

  private async grounds(
    { caller, content, rag, basis }: WorkflowInput,
    step: StepDefinition,
  ): Promise<Grounds> {
    const searches = step.retrieve && rag !== false;
    const passages = searches ? await this.retriever.retrieve(caller, content, MAX_PASSAGES) : [];
    const citations = passages.map(({ content: _content, level: _level, ...citation }) => citation);
    return { passages, citations, basis: basisOf(passages, basis) };
  }
}

/** The events that tell what an answer is based on, before the answer itself. */
function* basisEvents({
  basis,
  citations,
}: Pick<Grounds, 'basis' | 'citations'>): Generator<StepEvent, void> {
  if (basis !== undefined) yield { type: 'basis', basis };
  if (citations.length > 0) yield { type: 'rag_context', data: { citations } };
}

function questionOf(
  { caller, provider, model, content, history, systemPrompt, temperature, maxTokens }: WorkflowInput,
  step: StepDefinition,
  { passages }: Grounds,
  cause: AttemptCause,
): Question {
  const mostTokens = maxTokens ?? step.maxTokens;
  return {
    choice: { provider, model },
    context: { caller, cause },
    resettable: true,
    messages: promptFor(step, systemPrompt, passages, history, content),
    question: content,
    passages,
    ...(temperature === undefined ? {} : { temperature }),
    ...(mostTokens === undefined ? {} : { maxTokens: mostTokens }),
  };
}

function outcomeOf(
  { finishReason, usage, toolCalls }: Answered,
  { citations, basis }: Grounds,
  status: Pick<StepOutcome, 'closing' | 'workflow'>,
): StepOutcome {
  return { finishReason, usage, citations, ...(basis === undefined ? {} : { basis }), toolCalls, ...status };
}

function statusOf(run: WorkflowRun, step: StepDefinition, status: WorkflowRun['status']) {
  return { workflow: run.workflow, runId: run.id, step: step.id, status };
}

/** The stored result of a step that is not to be run again. */
function completedStepOf(
  step: StepDefinition,
  { said, provider, model }: Answered,
  outcome: StepOutcome,
): CompletedStep {
  return { content: said.text.join(''), provider, model, step: step.id, outcome };
}

/** The events of a completed step. */
function* replay({
  content,
  provider,
  model,
  outcome,
}: CompletedStep): Generator<StepEvent, StepOutcome, undefined> {
  yield* reopening(outcome.closing);
  yield* basisEvents({ basis: outcome.basis, citations: outcome.citations });
  if (provider !== null && model !== null) yield { type: 'attempt', provider, model };
  if (content !== '') yield { type: 'text', text: content };
  return outcome;
}
