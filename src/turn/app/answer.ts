import type {
  AnswerPart,
  Basis,
  Citation,
  CompletedStep,
  ErrorBody,
  ErrorCode,
  StepEvent,
  StepOutcome,
  TurnOutcome,
} from '../../kernel/index.js';
import type { TurnWriter } from '../../log/index.js';
import type { Ending } from './turn-ending.js';

/** What a turn has said so far, and the way each event of its executor takes into the log. */
export class Answer {
  private said: string[] = [];
  private citations: readonly Citation[] = [];
  private basis: Basis | undefined = NO_BASIS;
  private asked: { readonly provider: string; readonly model: string } | undefined;
  private step: string | null = null;
  private workflowRunId: string | null = null;

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
    this.said.push(said);
    this.drawnFrom(outcome.basis);
    if (content.length > said.length) this.take({ type: 'text', text: content.slice(said.length) });
    if (provider !== null && model !== null) this.asked = { provider, model };
    this.step = step;
    this.workflowRunId = outcome.workflow.runId;
    return this.completed(outcome);
  }

  /** Hands the event on to the log. */
  take(event: StepEvent): void {
    switch (event.type) {
      case 'text':
        this.said.push(event.text);
        this.writer.piece('ai_response', event.text);
        break;
      case 'reasoning':
        this.writer.piece('ai_reasoning', event.text);
        break;
      case 'attempt':
        this.asked = event;
        break;
      case 'basis':
        this.drawnFrom(event.basis);
        break;
      case 'reset':
        this.forget(event.reason);
        break;
      case 'tool_piece':
        // A call is told of when it is whole.
        break;
      default:
        this.note(event);
        this.writer.event(event);
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
    return {
      content: this.said.join(''),
      citations: this.citations,
      basis: this.basis,
      provider: this.asked?.provider ?? null,
      model: this.asked?.model ?? null,
      step: this.asked === undefined ? null : this.step,
      workflowRunId: this.workflowRunId,
    };
  }

  /** What is said from now on is drawn from this; `undefined`: it is not known. */
  private drawnFrom(basis: Basis | undefined): void {
    this.basis = basis;
    this.writer.level = basis?.level;
  }

  private note(event: Exclude<StepEvent, AnswerPart | { readonly type: 'basis' }>): void {
    if (event.type === 'rag_context') this.citations = event.data.citations;
    else if (event.type === 'workflow_status') ({ runId: this.workflowRunId, step: this.step } = event.data);
  }

  /** Another attempt follows: what this one said counts no more, here or for who has read it. */
  private forget(reason: ErrorCode): void {
    this.said = [];
    this.attempt += 1;
    const { messageId } = this.writer;
    this.writer.event({ type: 'ai_reset', data: { messageId, reason, attempt: this.attempt } });
  }
}

const NO_BASIS: Basis = { level: 0, documents: [] };
