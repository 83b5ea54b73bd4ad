import { Inject, Injectable } from '@nestjs/common';
import {
  type Basis,
  type Caller,
  type Citation,
  type CompletedStep,
  newId,
  type StepEvent,
  type StepOutcome,
} from '../../kernel/index.js';
import { AskModel, ReconcileAttempts, type Answered, type AttemptCause } from '../../llm/index.js';
import { RETRIEVER, type RetrievedPassage, type Retriever } from '../../rag/index.js';
import { basisOf } from '../core/basis.js';
import type { SpokenMessage } from '../core/conversation.js';
import { stepOf, type StepDefinition, type WorkflowDefinition } from '../core/definition.js';
import { promptFor } from '../core/prompt.js';
import { advance, closing, failing, isOpen, opening, reopening, type WorkflowRun } from '../core/run.js';
import { WORKFLOW_RUN_STORE, type WorkflowRunStore } from '../ports/workflow-run-store.js';
import { SaidText } from './said-text.js';
import { DEFAULT_WORKFLOW, WorkflowCatalogue } from './workflow-catalogue.js';

/** A message as a step answers it. */
export interface Spoken {
  readonly caller: Caller;
  readonly turnId: string;
  readonly content: string;
  readonly history: readonly SpokenMessage[];
  /** What the history was drawn from. */
  readonly basis?: Basis | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly systemPrompt?: string | undefined;
  /** `false`: no documents, whatever the step says. */
  readonly rag?: boolean | undefined;
}

/** A message that runs the current step of its thread's workflow. */
export interface StepInput extends Spoken {
  readonly threadId: string;
  readonly workflow: string;
  readonly version: number;
}

/** A message that is answered without a thread. */
export interface LooseInput extends Spoken {
  /** Whether another attempt may follow one that has spoken already. */
  readonly resettable: boolean;
}

/** An answer without a thread, and who gave it. */
export type LooseAnswer = Answered & { readonly citations: readonly Citation[] };

const MAX_PASSAGES = 6;

/** Runs workflows one step a message: retrieves, asks the model, and stores where the run stands. */
@Injectable()
export class WorkflowEngine {
  constructor(
    @Inject(WORKFLOW_RUN_STORE) private readonly runs: WorkflowRunStore,
    @Inject(RETRIEVER) private readonly retriever: Retriever,
    private readonly catalogue: WorkflowCatalogue,
    private readonly models: AskModel,
    private readonly attempts: ReconcileAttempts,
  ) {}

  /** Throws what a client should be told of a provider or model that cannot be asked, before anything is stored. */
  checkModel(
    caller: Pick<Caller, 'org'>,
    request: { readonly provider?: string | undefined; readonly model?: string | undefined },
  ): void {
    this.models.check(request, caller.org);
  }

  /**
   * Runs the step the thread's run waits at. A turn that is run again finds the run it has begun; when it has completed
   * its step already, it says the same again. Throws the signal's reason when it aborts, `AppError` else.
   */
  async *execute(input: StepInput, signal: AbortSignal): AsyncGenerator<StepEvent, StepOutcome, undefined> {
    const current = await this.currentRun(input);
    if (current.left !== undefined) return yield* saidBefore(current.left);
    const { run, definition, isBegun } = current;
    const step = stepOf(definition, run.step);
    yield* opening(run, definition, isBegun);
    try {
      const said = new SaidText();
      const cause = { type: 'turn', threadId: input.threadId, turnId: input.turnId } as const;
      const answering = this.answer(input, step, cause, true, signal);
      // What an open step says is asked for again when it is lost.
      const { answered, citations, basis } = yield* isOpen(step) ? answering : said.of(answering);
      const to = advance(run, step);
      const outcome: StepOutcome = {
        finishReason: answered.finishReason,
        usage: answered.usage,
        citations,
        ...(basis === undefined ? {} : { basis }),
        toolCalls: answered.toolCalls,
        closing: closing(run, definition, to),
        workflow: { workflow: run.workflow, runId: run.id, step: step.id, status: to.status },
      };
      if (!isOpen(step)) {
        const { provider, model } = answered;
        const left = { content: said.text, provider, model, step: step.id, outcome };
        await this.runs.advance(run, to, input.turnId, left);
      }
      return outcome;
    } catch (error) {
      if (!signal.aborted) yield failing(run, definition);
      throw error;
    }
  }

  /**
   * What is left of a turn whose process is gone, and which had said so much: its attempts are put into the ledger, and
   * the step it has completed, if it has, is the answer. That one is not to be run again.
   */
  async takeOver(turnId: string, said: string): Promise<CompletedStep | undefined> {
    await this.attempts.ofTurn(turnId, said);
    return this.runs.completedBy(turnId);
  }

  /** Answers as the first step of the default workflow does, and leaves nothing behind. Throws as `execute` does. */
  async *answerLoose(
    input: LooseInput,
    signal: AbortSignal,
  ): AsyncGenerator<StepEvent, LooseAnswer, undefined> {
    const definition = this.catalogue.get(DEFAULT_WORKFLOW);
    const step = stepOf(definition, definition.start);
    const cause = { type: 'stateless', requestId: input.turnId } as const;
    const { answered, citations } = yield* this.answer(input, step, cause, input.resettable, signal);
    return { ...answered, citations };
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

  private async *answer(
    input: Spoken,
    step: StepDefinition,
    cause: AttemptCause,
    resettable: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<
    StepEvent,
    { answered: Answered; citations: readonly Citation[]; basis: Basis | undefined },
    undefined
  > {
    const passages = await this.passages(input, step);
    const basis = basisOf(passages, input.basis);
    if (basis !== undefined) yield { type: 'basis', basis };
    const citations = passages.map(({ content: _content, level: _level, ...citation }) => citation);
    if (citations.length > 0) yield { type: 'rag_context', data: { citations } };
    const { caller, temperature, maxTokens = step.maxTokens } = input;
    const answering = this.models.ask(
      {
        choice: { provider: input.provider, model: input.model },
        context: { caller, cause },
        resettable,
        messages: promptFor(step, input.systemPrompt, passages, input.history, input.content),
        question: input.content,
        passages,
        ...(temperature === undefined ? {} : { temperature }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
      },
      signal,
    );
    return { answered: yield* answering, citations, basis };
  }

  private async passages(input: Spoken, step: StepDefinition): Promise<readonly RetrievedPassage[]> {
    if (!step.retrieve || input.rag === false) return [];
    return this.retriever.retrieve(input.caller, input.content, MAX_PASSAGES);
  }
}

/** What a step has left, as it was said. */
function* saidBefore({ content, provider, model, outcome }: CompletedStep) {
  yield* reopening(outcome.closing);
  const { citations, basis } = outcome;
  if (basis !== undefined) yield { type: 'basis', basis } as const;
  if (citations.length > 0) yield { type: 'rag_context', data: { citations } } as const;
  if (provider !== null && model !== null) yield { type: 'attempt', provider, model } as const;
  if (content !== '') yield { type: 'text', text: content } as const;
  return outcome;
}
