import {
  assertNever,
  TurnFold,
  type AiReset,
  type Basis,
  type CompletedStep,
  type ErrorBody,
  type ErrorCode,
  type StepEvent,
  type StepOutcome,
  type TurnOutcome,
} from '../../kernel/index.js';
import type { TurnWriter } from '../../log/index.js';
import type { Ending } from './turn-ending.js';

/** What a turn has answered so far, and what turns each event of its executor into events of the log. */
export class TurnOutput {
  private readonly fold = new TurnFold();
  private basis: Basis | undefined = NO_BASIS;
  private asked: { readonly provider: string; readonly model: string } | undefined;
  /** Set when the answer was recorded as a whole by an earlier attempt. */
  private recorded: Pick<Ending, 'provider' | 'model' | 'step' | 'workflowRunId'> | undefined;

  constructor(
    private readonly writer: TurnWriter,
    /** The number of this attempt at the answer. */
    private attempt = 1,
  ) {}

  /** Tells readers that the answer starts again, when another process had begun it. */
  beginAgain(reason: ErrorCode): void {
    this.reset(reason);
  }

  /** Completes an answer that another process had begun, from its recorded result. */
  complete({ content, provider, model, step, outcome }: CompletedStep, said: string): Ending {
    this.fold.say(this.writer.messageId, said);
    this.setBasis(outcome.basis);
    if (content.length > said.length) this.append({ type: 'text', text: content.slice(said.length) });
    const asked = provider === null || model === null ? NO_MODEL : { provider, model, step };
    this.recorded = { ...asked, workflowRunId: outcome.workflow.runId };
    return this.completed(outcome);
  }

  /** Appends the event to the log. */
  append(event: StepEvent): void {
    switch (event.type) {
      case 'text':
        this.fold.say(this.writer.messageId, event.text);
        this.writer.piece('ai_response', event.text);
        break;
      case 'reasoning':
        this.writer.piece('ai_reasoning', event.text);
        break;
      case 'attempt':
        this.asked = { provider: event.provider, model: event.model };
        break;
      case 'basis':
        this.setBasis(event.basis);
        break;
      case 'reset':
        this.reset(event.reason);
        break;
      case 'tool_piece':
        // Calls are logged once they are complete.
        break;
      case 'workflow_status':
      case 'rag_context':
      case 'tool_call':
      case 'tool_result':
      case 'input_required':
      case 'input_resolved':
        this.fold.add(event);
        this.writer.event(event);
        break;
      default:
        assertNever(event);
    }
  }

  /** The turn ran to its end. */
  completed(result: StepOutcome): Ending {
    return { ...this.soFar(), outcome: 'completed', error: null, result };
  }

  /** The turn ended before its answer was complete; what was said is kept. */
  stopped(outcome: Exclude<TurnOutcome, 'completed'>, error: ErrorBody | null): Ending {
    return { ...this.soFar(), outcome, error };
  }

  private soFar() {
    const { messages, citations, workflow } = this.fold.turn;
    const asked = this.asked && { ...this.asked, step: workflow?.step ?? null };
    return {
      content: messages.get(this.writer.messageId)?.said.text ?? '',
      citations,
      basis: this.basis,
      ...(asked ?? NO_MODEL),
      workflowRunId: workflow?.runId ?? null,
      ...this.recorded,
    };
  }

  /** Sets what the following text is based on; `undefined`: unknown. */
  private setBasis(basis: Basis | undefined): void {
    this.basis = basis;
    this.writer.level = basis?.level;
  }

  /** Discards the text of this attempt, here and for readers, because another attempt follows. */
  private reset(reason: ErrorCode): void {
    this.attempt += 1;
    const { messageId } = this.writer;
    const reset: AiReset = { type: 'ai_reset', data: { messageId, reason, attempt: this.attempt } };
    this.fold.add(reset);
    this.writer.event(reset);
  }
}

const NO_BASIS: Basis = { level: 0, documents: [] };
const NO_MODEL = { provider: null, model: null, step: null };
