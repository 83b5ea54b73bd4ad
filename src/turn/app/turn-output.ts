import {
  assertNever,
  TurnFold,
  type AiReset,
  type Basis,
  type CompletedStep,
  type ErrorBody,
  type ErrorCode,
  type MessageEnd,
  type StepEvent,
  type StepOutcome,
  type ToolCallEvent,
  type ToolCallTold,
  type ToolResult,
  type ToolResultTold,
  type TurnEvent,
  type TurnOutcome,
  type WorkflowState,
} from '../../kernel/index.js';
import type { TurnWriter } from '../../log/index.js';
import { cutOffCalls } from './cut-off-calls.js';
import { Retelling } from './retelling.js';
import { answerOf, type AnswerResult, type Ending } from './turn-ending.js';
import type { TurnMessages } from './turn-messages.js';

/** What a turn has told before that another process, or an earlier execution, began. */
export interface ToldBefore {
  /** All of it but the message of the user, oldest first. */
  readonly events: readonly TurnEvent[];
  /** How often its answer has been begun. */
  readonly attempt: number;
  /** Its process died, and may have begun calls that it could not tell of. */
  readonly mayLackCalls?: boolean | undefined;
}

/** What is logged as it is. */
type LoggedStepEvent = Exclude<Extract<StepEvent, TurnEvent>, ToolResult> | ToolCallEvent;

/** What a turn has answered so far, and what turns each event of its executor into events of the log. */
export class TurnOutput {
  private readonly fold = new TurnFold();
  private readonly retelling: Retelling;
  private readonly mayLackCalls: boolean;
  /** The calls that may be made twice without harm, or change nothing. */
  private readonly harmless = new Set<string>();
  private attempt: number;
  private basis: Basis | undefined = NO_BASIS;
  private asked: { readonly provider: string; readonly model: string } | undefined;
  private state: WorkflowState | undefined;
  /** Of an answer that is known as a whole, or complete. */
  private known: Pick<Ending, 'provider' | 'model' | 'step'> | undefined;
  private result: AnswerResult | undefined;

  constructor(
    private readonly writer: TurnWriter,
    private readonly messages: TurnMessages,
    { events, attempt, mayLackCalls = false }: ToldBefore = { events: [], attempt: 1 },
  ) {
    for (const event of events) this.fold.add(event);
    this.retelling = new Retelling(this.fold.turn, events);
    this.attempt = attempt;
    this.mayLackCalls = mayLackCalls;
  }

  /** Says to whoever reads that the answer begins anew, when another process began it; one that is complete stands. */
  beginAgain(reason: ErrorCode): void {
    if (!this.messages.current.isComplete) this.reset(reason);
  }

  /** Completes what another process had said of an answer that is known as a whole, and ends the turn. */
  complete(step: CompletedStep): Ending {
    this.sayRest(step);
    this.state = step.outcome.state ?? this.state;
    return { ...this.completed(step.outcome), workflowRunId: step.outcome.workflow.runId };
  }

  /** Hands the event on to the log. Where something is stored besides, what follows has to wait for it. */
  take(event: StepEvent): Promise<void> | undefined {
    switch (event.type) {
      case 'text':
      case 'reasoning':
        return this.say(event);
      case 'attempt':
        this.asked = { provider: event.provider, model: event.model };
        return undefined;
      case 'basis':
        this.drawnFrom(event.basis);
        return undefined;
      case 'reset':
        if (!this.retelling.isWithinMessage && !this.messages.current.isComplete) this.reset(event.reason);
        return undefined;
      case 'message_end':
        return this.messageEnd(event);
      case 'workflow_state':
        this.state = event.state;
        return undefined;
      case 'tool_piece':
        // A call is told of when it is whole.
        return undefined;
      case 'tool_call':
        return this.call(event);
      case 'tool_result':
        return this.logResult(event);
      case 'workflow_status':
      case 'rag_context':
      case 'tool_progress':
      case 'input_required':
      case 'input_resolved':
        return this.log(event);
      default:
        assertNever(event);
    }
  }

  /** The turn ran to its end. */
  completed(result: StepOutcome): Ending {
    this.state = result.state ?? this.state;
    const { isComplete } = this.messages.current;
    const answer = isComplete && this.result !== undefined ? this.result : result;
    const { closing, workflow } = result;
    return {
      ...this.soFar(),
      outcome: 'completed',
      error: null,
      result: { ...answer, closing, workflow },
    };
  }

  /** The turn ended before its answer was complete; what was said is kept. */
  stopped(outcome: Exclude<TurnOutcome, 'completed'>, error: ErrorBody | null): Ending {
    return { ...this.soFar(), outcome, error };
  }

  /**
   * Each call has a result: of those that the turn's end cuts off it is said that they were cancelled, or that nobody knows.
   * An ending without success and without an error is one that somebody wished for.
   */
  async closeCalls({ error }: Pick<Ending, 'error'>): Promise<void> {
    const { harmless, mayLackCalls } = this;
    const { turn } = this.fold;
    for (const result of cutOffCalls({ turn, harmless, mayLackCalls, isStopped: error === null }))
      await this.logResult(result);
  }

  /** What the turn has come to by now, for one that waits. */
  soFar() {
    const { current } = this.messages;
    const { messages, citations, workflow, openInputs } = this.fold.turn;
    const asked = this.asked && { ...this.asked, step: workflow?.step ?? null };
    return {
      messageId: current.id,
      createdAt: current.createdAt,
      isStored: current.isComplete,
      content: messages.get(current.id)?.said.text ?? '',
      citations,
      basis: this.basis,
      ...(asked ?? NO_MODEL),
      ...this.known,
      workflowRunId: this.state?.runId ?? workflow?.runId ?? null,
      workflowState: this.state,
      openInputs: [...openInputs.keys()],
    };
  }

  private say(piece: Extract<StepEvent, { type: 'text' | 'reasoning' }>): Promise<void> | undefined {
    if (this.retelling.isWithinMessage) return undefined;
    if (this.messages.current.isComplete) return this.beginMessage().then(() => this.put(piece));
    this.put(piece);
    return undefined;
  }

  private put({ type, text }: Extract<StepEvent, { type: 'text' | 'reasoning' }>): void {
    // An answer that says nothing is a message, and has no pieces.
    if (text === '') return;
    if (type === 'text') this.fold.say(this.messages.current.id, text);
    this.writer.piece(type === 'text' ? 'ai_response' : 'ai_reasoning', text);
  }

  private log(event: LoggedStepEvent): Promise<void> | undefined {
    if (this.retelling.hasTold(event)) return undefined;
    this.fold.add(event);
    this.writer.event(event);
    return undefined;
  }

  private call({ type, data, isHarmless }: ToolCallTold): Promise<void> | undefined {
    if (isHarmless === true) this.harmless.add(data.callId);
    return this.log({ type, data: { ...data, messageId: this.messages.current.id } });
  }

  private logResult({ type, data, whole = data.content }: ToolResultTold): Promise<void> | undefined {
    const event: ToolResult = { type, data };
    if (this.retelling.hasTold(event)) return undefined;
    this.fold.add(event);
    return this.messages.result(event, whole);
  }

  private messageEnd(event: MessageEnd): Promise<void> | undefined {
    if (!this.retelling.isWithinMessage) return this.endMessage(event);
    this.retelling.messageEnd();
    // Where the next message was begun before, that one is said now, and it is nobody's yet.
    if (this.messages.current.isComplete) this.remember(event);
    return undefined;
  }

  private async endMessage(event: MessageEnd): Promise<void> {
    // A step that has said nothing leaves an empty message, and the next one begins another.
    if (this.messages.current.isComplete) await this.beginMessage();
    this.remember(event);
    const { id } = this.messages.current;
    const requested = (event.requested ?? []).map((data): ToolCallEvent => ({
      type: 'tool_call',
      data: { ...data, messageId: id },
    }));
    const answer = answerOf(this.soFar(), 'complete', event);
    await this.messages.end(answer, this.basis, event, requested, event.metadata);
    const { usage, finishReason } = event;
    const accumulated = this.fold.turn.messages.get(id)?.said.text ?? '';
    const data = { messageId: id, content: '', isComplete: true, accumulated, usage, finishReason } as const;
    this.fold.add({ type: 'ai_response', data });
    requested.forEach((call) => this.fold.add(call));
  }

  private remember(event: MessageEnd): void {
    const { finishReason, usage, citations, toolCalls, step } = event;
    this.result = { finishReason, usage, citations, toolCalls };
    this.known = { ...(this.asked ?? { provider: null, model: null }), step };
  }

  private async beginMessage(): Promise<void> {
    await this.messages.begin();
    this.attempt = 1;
    this.known = undefined;
    this.result = undefined;
  }

  /** What has not been said yet of an answer that is known as a whole. */
  private sayRest({ content, provider, model, step, outcome }: CompletedStep): void {
    this.drawnFrom(outcome.basis);
    const said = this.fold.turn.messages.get(this.messages.current.id)?.said.text ?? '';
    if (content.length > said.length) this.put({ type: 'text', text: content.slice(said.length) });
    this.asked = provider === null || model === null ? undefined : { provider, model };
    this.known = this.asked === undefined ? NO_MODEL : { ...this.asked, step };
  }

  /** What is said from now on is drawn from this; `undefined`: it is not known. */
  private drawnFrom(basis: Basis | undefined): void {
    this.basis = basis;
    this.writer.level = basis?.level;
  }

  /** Discards the text of this attempt, here and for readers, because another attempt follows. */
  private reset(reason: ErrorCode): void {
    this.attempt += 1;
    const messageId = this.messages.current.id;
    const reset: AiReset = { type: 'ai_reset', data: { messageId, reason, attempt: this.attempt } };
    this.fold.add(reset);
    this.writer.event(reset);
  }
}

const NO_BASIS: Basis = { level: 0, documents: [] };
const NO_MODEL = { provider: null, model: null, step: null };
