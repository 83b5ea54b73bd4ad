import { Injectable } from '@nestjs/common';
import {
  newId,
  toAppError,
  type AnswerPart,
  type Caller,
  type ErrorBody,
  type Sink,
  type StepEvent,
} from '../../kernel/index.js';
import { AskModel, type Answered, type Question } from '../../llm/index.js';
import type { WorkflowRun } from '../core/run.js';
import type { WorkflowRunStore } from '../ports/workflow-run-store.js';
import { flowFor, type WorkflowDefinition } from '../steps/kinds.js';
import { PrepareQuestion } from './prepare-question.js';
import type { StepTools } from './step-tools.js';
import { TurnSteps } from './turn-steps.js';

/** Asked in place of whomever the workflow names. */
const PREVIEW_PROVIDER = 'local';

/** What a message would do. */
export interface PreviewRequest {
  readonly content: string;
  readonly input?: unknown;
}

/** A model that was asked in a preview. */
interface PreviewedQuestion {
  readonly step: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly answer: string;
}

/** What a message has done in a preview. */
export interface Preview {
  /** The steps that were run, in the order in which they began. */
  readonly steps: readonly string[];
  readonly questions: readonly PreviewedQuestion[];
  /** `waiting`: for a person, a time or the next message. */
  readonly status: 'completed' | 'waiting' | 'failed';
  readonly error: ErrorBody | null;
}

/** Tries a workflow with a message: nothing of it is stored, no tools are called, and no provider elsewhere is asked. */
@Injectable()
export class PreviewWorkflow {
  constructor(
    private readonly questions: PrepareQuestion,
    private readonly models: AskModel,
  ) {}

  async preview(
    caller: Caller,
    definition: WorkflowDefinition,
    { content, input }: PreviewRequest,
    signal: AbortSignal,
  ): Promise<Preview> {
    const turnId = newId();
    const asked: PreviewedQuestion[] = [];
    const steps: string[] = [];
    const models = {
      ask: (...question: Parameters<AskModel['ask']>) => this.ask(turnId, asked, ...question),
    };
    const means = { runs: NOTHING_STORED, questions: this.questions, models, tools: NO_TOOLS };
    const turn = {
      caller,
      turnId,
      threadId: turnId,
      epoch: 0,
      content,
      input,
      history: [],
      inputs: new Map(),
    };
    const tell = (event: StepEvent) => {
      if (event.type === 'workflow_status' && event.data.status === 'step_started')
        steps.push(event.data.step);
      return undefined;
    };
    const open = { run: freshRun(turnId, definition), entered: [] };
    try {
      const result = await new TurnSteps(means, turn, flowFor(definition), open, true, tell, signal).goOn();
      const status = 'waitsFor' in result ? 'waiting' : result.workflow.status;
      return { steps, questions: asked, status, error: null };
    } catch (error) {
      signal.throwIfAborted();
      return { steps, questions: asked, status: 'failed', error: toAppError(error).toBody() };
    }
  }

  private async ask(
    turnId: string,
    asked: PreviewedQuestion[],
    question: Question,
    signal: AbortSignal,
    sink: Sink<AnswerPart>,
  ): Promise<Answered> {
    const { cause } = question.context;
    const step = 'step' in cause ? (cause.step ?? '') : '';
    const context = { ...question.context, cause: { type: 'stateless', requestId: turnId, step } as const };
    const local = { ...question, choice: { provider: PREVIEW_PROVIDER, fallbacks: [] }, context };
    const answered = await this.models.ask(local, signal, sink);
    const messages = question.messages.map(({ role, content }) => ({ role, content }));
    asked.push({ step, messages, answer: answered.said.text.join('') });
    return answered;
  }
}

const NO_TOOLS = { roundsOf: () => Promise.resolve(undefined) } as unknown as StepTools;

const done = () => Promise.resolve();
const NOTHING_STORED = { advance: done, advanceWithin: done, failed: done } as unknown as WorkflowRunStore;

function freshRun(id: string, { name, version, start }: WorkflowDefinition): WorkflowRun {
  const now = new Date().toISOString();
  return {
    ...{ id, threadId: id, workflow: name, version, step: start, status: 'waiting', stepsDone: 0 },
    ...{ createdAt: now, updatedAt: now, endedAt: null },
  };
}
