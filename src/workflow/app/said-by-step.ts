import type { ErrorCode, Sink, StepEvent, ToolCall } from '../../kernel/index.js';
import type { ToolRound } from '../core/step-record.js';

/** Hands on what a step tells, and knows what of it was said. */
export class SaidByStep {
  /** Something of a message that has not ended. */
  hasSaid = false;
  hasEndedMessage = false;
  /** The messages that have ended: each has called tools. */
  readonly rounds: ToolRound[] = [];
  private text = '';
  private asked = { provider: '', model: '' };
  private readonly openCalls = new Map<string, ToolCall>();

  constructor(private readonly sink: Sink<StepEvent>) {}

  readonly tell: Sink<StepEvent> = (event) => {
    switch (event.type) {
      case 'text':
        this.text += event.text;
        this.hasSaid = true;
        break;
      case 'reasoning':
        this.hasSaid = true;
        break;
      case 'attempt':
        this.asked = { provider: event.provider, model: event.model };
        break;
      case 'reset':
        this.beginMessage();
        break;
      case 'message_end':
        this.endMessage(event);
        break;
      case 'tool_result':
        this.openCalls.delete(event.data.callId);
        break;
      default:
        break;
    }
    return this.sink(event);
  };

  /** Nobody goes on with the step: what it was saying is taken back, and of calls without a result it is said that they were cut off. */
  async takeBack(reason: ErrorCode): Promise<void> {
    for (const { id: callId, name } of [...this.openCalls.values()]) {
      const data = { callId, name, ok: false, content: CUT_OFF, durationMs: 0 };
      await this.tell({ type: 'tool_result', data });
    }
    if (this.hasSaid) await this.tell({ type: 'reset', reason });
  }

  private endMessage(event: Extract<StepEvent, { type: 'message_end' }>): void {
    const { finishReason, usage, citations, toolCalls, metadata } = event;
    const attached = metadata === undefined ? {} : { metadata };
    this.rounds.push({
      ...this.asked,
      ...{ text: this.text, finishReason, usage, citations, toolCalls, ...attached },
    });
    for (const call of toolCalls) this.openCalls.set(call.id, call);
    this.hasEndedMessage = true;
    this.beginMessage();
  }

  private beginMessage(): void {
    this.text = '';
    this.hasSaid = false;
  }
}

const CUT_OFF =
  'The step of the workflow ended before this call had a result. Whether it was carried out is unknown.';
