import { Inject, Injectable } from '@nestjs/common';
import {
  newId,
  type Caller,
  type Passage,
  type RagContext,
  type StepOutcome,
  type StepSpeech,
  type ToolCall,
  type WorkflowStatusChanged,
} from '../../kernel/index.js';
import { ModelDirectory } from '../../llm/index.js';
import { RETRIEVER, type Retriever } from '../../rag/index.js';
import { stepOf, type StepDefinition, type WorkflowDefinition } from '../core/definition.js';
import { promptFor, type SpokenMessage } from '../core/prompt.js';
import { advance, closing, failing, isOpen, opening, type WorkflowRun } from '../core/run.js';
import { WORKFLOW_RUN_STORE, type WorkflowRunStore } from '../ports/workflow-run-store.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

/** A message that runs the current step of its thread's workflow. */
export interface StepInput {
  readonly caller: Caller;
  readonly threadId: string;
  readonly workflow: string;
  readonly version: number;
  readonly content: string;
  readonly history: readonly SpokenMessage[];
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly systemPrompt?: string | undefined;
  /** `false`: no documents, whatever the step says. */
  readonly rag?: boolean | undefined;
}

export type StepEvent = WorkflowStatusChanged | RagContext | StepSpeech;

const MAX_PASSAGES = 6;

/** Runs workflows one step a message: retrieves, asks the model, and stores where the run stands. */
@Injectable()
export class WorkflowEngine {
  constructor(
    @Inject(WORKFLOW_RUN_STORE) private readonly runs: WorkflowRunStore,
    @Inject(RETRIEVER) private readonly retriever: Retriever,
    private readonly catalogue: WorkflowCatalogue,
    private readonly models: ModelDirectory,
  ) {}

  /** Throws what a client should be told of a provider or model that cannot be asked, before anything is stored. */
  checkModel(request: { readonly provider?: string | undefined; readonly model?: string | undefined }): void {
    this.models.resolve(request);
  }

  /** Runs the step the thread's run waits at. Throws the signal's reason when it aborts, `AppError` else. */
  async *execute(input: StepInput, signal: AbortSignal): AsyncGenerator<StepEvent, StepOutcome, undefined> {
    const { run, definition, isNew } = await this.currentRun(input);
    const step = stepOf(definition, run.step);
    yield* opening(run, definition, isNew);
    try {
      const passages = await this.passages(input, step);
      const citations = passages.map(({ content: _, ...citation }) => citation);
      if (citations.length > 0) yield { type: 'rag_context', data: { citations } };
      const { finish, toolCalls } = yield* this.ask(input, step, passages, signal);
      const to = advance(run, step);
      if (!isOpen(step)) await this.runs.advance(run, to);
      return {
        finishReason: finish.reason,
        usage: finish.usage,
        citations,
        toolCalls,
        closing: closing(run, definition, to),
        workflow: { workflow: run.workflow, runId: run.id, step: step.id, status: to.status },
      };
    } catch (error) {
      if (!signal.aborted) yield failing(run, definition);
      throw error;
    }
  }

  private async currentRun({ threadId, workflow, version }: StepInput) {
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
    const run = await this.runs.current(threadId, fresh);
    const definition: WorkflowDefinition = this.catalogue.get(run.workflow, run.version);
    return { run, definition, isNew: run.id === fresh.id };
  }

  private async passages(input: StepInput, step: StepDefinition): Promise<readonly Passage[]> {
    if (!step.retrieve || input.rag === false) return [];
    return this.retriever.retrieve(input.caller, input.content, MAX_PASSAGES);
  }

  private async *ask(
    input: StepInput,
    step: StepDefinition,
    passages: readonly Passage[],
    signal: AbortSignal,
  ) {
    const { languageModel, model } = this.models.resolve(input);
    yield { type: 'model', provider: languageModel.provider, model, step: step.id } as const;
    const maxTokens = input.maxTokens ?? step.maxTokens;
    const request = {
      model,
      messages: promptFor(step, input.systemPrompt, passages, input.history, input.content),
      passages,
      ...(input.temperature === undefined ? {} : { temperature: input.temperature }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
    };
    const toolCalls: ToolCall[] = [];
    for await (const part of languageModel.stream(request, signal)) {
      if (part.type === 'finish') return { finish: part, toolCalls };
      if (part.type === 'tool_call') toolCalls.push(part.call);
      else yield part;
    }
    throw new Error(`${languageModel.provider} ended an answer without saying so`);
  }
}
