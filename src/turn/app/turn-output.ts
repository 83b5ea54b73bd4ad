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

/** What a turn has said so far, and the way each event of its executor takes into the log. */
export class TurnOutput {
  private readonly fold = new TurnFold();
  private basis: Basis | undefined = NO_BASIS;
  private asked: { readonly provider: string; readonly model: string } | undefined;
  /** Of an answer that is known as a whole. */
  private known: Pick<Ending, 'provider' | 'model' | 'step' | 'workflowRunId'> | undefined;

  constructor(
    private readonly writer: TurnWriter,
    /** How often the answer has been begun, this time included. */
    private attempt = 1,
  ) {}

  /** Says to whoever reads that the answer begins anew, when another process began it. */
  beginAgain(reason: ErrorCode): void {
    this.forget(reason);
  }

  /** Completes what another process had said of an answer that is known as a whole. */
  complete({ content, provider, model, step, outcome }: CompletedStep, said: string): Ending {
    this.fold.say(this.writer.messageId, said);
    this.drawnFrom(outcome.basis);
    if (content.length > said.length) this.take({ type: 'text', text: content.slice(said.length) });
    const asked = provider === null || model === null ? NOBODY : { provider, model, step };
    this.known = { ...asked, workflowRunId: outcome.workflow.runId };
    return this.completed(outcome);
  }

  /** Hands the event on to the log. */
  take(event: StepEvent): void {
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
        this.drawnFrom(event.basis);
        break;
      case 'reset':
        this.forget(event.reason);
        break;
      case 'workflow_state':
      case 'message_end':
      case 'tool_piece':
        // A call is told of when it is whole.
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

  /** The turn ended before its answer did; what was said is kept. */
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
      ...(asked ?? NOBODY),
      workflowRunId: workflow?.runId ?? null,
      ...this.known,
    };
  }

  /** What is said from now on is drawn from this; `undefined`: it is not known. */
  private drawnFrom(basis: Basis | undefined): void {
    this.basis = basis;
    this.writer.level = basis?.level;
  }

  /** Another attempt follows: what this one said counts no more, here or for who has read it. */
  private forget(reason: ErrorCode): void {
    this.attempt += 1;
    const { messageId } = this.writer;
    const reset: AiReset = { type: 'ai_reset', data: { messageId, reason, attempt: this.attempt } };
    this.fold.add(reset);
    this.writer.event(reset);
  }
}

const NO_BASIS: Basis = { level: 0, documents: [] };
const NOBODY = { provider: null, model: null, step: null };
