import type { ErrorBody } from './app-error.js';
import { assertNever } from './assert-never.js';
import type { Citation, FinishReason, Message, Usage } from './message.js';
import { SaidText } from './said-text.js';
import type {
  AiReset,
  AiResponse,
  InputRequired,
  Snapshot,
  ToolCallEvent,
  ToolProgressed,
  ToolResult,
  TurnEvent,
  TurnEventType,
  TurnOutcome,
  WorkflowStatusChanged,
} from './turn-event.js';

/** The state of one of a turn's messages. */
export interface FoldedMessage {
  readonly said: SaidText;
  /** The number of its latest attempt. */
  readonly attempt: number;
  /** How it ended; absent until then. */
  readonly end?: { readonly usage: Usage | null; readonly finishReason: FinishReason };
}

/** A tool call and, once there is one, its result. */
export interface FoldedCall {
  readonly call?: ToolCallEvent['data'];
  readonly progress?: ToolProgressed['data'];
  readonly result?: ToolResult['data'];
}

/** The state of a turn after a run of its events. */
export interface FoldedTurn {
  readonly userMessage?: Message;
  /** The other messages by their ids, in the order in which they began. */
  readonly messages: ReadonlyMap<string, FoldedMessage>;
  /** By their ids, in the order in which they were requested. */
  readonly toolCalls: ReadonlyMap<string, FoldedCall>;
  /** The inputs that the turn waits for, by their ids. */
  readonly openInputs: ReadonlyMap<string, InputRequired['data']>;
  readonly citations: readonly Citation[];
  /** The message that answers the turn, as it was stored at the end of its step. */
  readonly answer?: Message;
  /** The state of its workflow. */
  readonly workflow?: WorkflowStatusChanged['data'];
  readonly error?: ErrorBody;
  /** How it ended; absent while it is running. */
  readonly outcome?: TurnOutcome;
}

/** The effect of each type of event on the text of its message. */
const EFFECTS = {
  message_saved: 'none',
  workflow_status: 'none',
  rag_context: 'none',
  ai_response: 'adds to it',
  ai_reasoning: 'adds to it',
  ai_reset: 'takes it back',
  tool_call: 'none',
  tool_progress: 'none',
  tool_result: 'none',
  input_required: 'none',
  input_resolved: 'none',
  workflow_complete: 'none',
  error: 'none',
  done: 'none',
} as const satisfies Record<TurnEventType, 'none' | 'adds to it' | 'takes it back'>;

/** Whether events of the type are pieces of a message: neighbouring ones can be merged. */
export function isPiece(type: TurnEventType): boolean {
  return EFFECTS[type] === 'adds to it';
}

/** Whether events of the type reset their message. */
export function isReset(type: TurnEventType): boolean {
  return EFFECTS[type] === 'takes it back';
}

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/**
 * Folds the events of a turn, in the order of the log: the only place that defines their meaning. The cost of an event
 * does not depend on how many came before it.
 */
export class TurnFold {
  private readonly messages = new Map<string, Writable<FoldedMessage>>();
  private readonly toolCalls = new Map<string, FoldedCall>();
  private readonly openInputs = new Map<string, InputRequired['data']>();
  private readonly folded: Writable<FoldedTurn> = {
    messages: this.messages,
    toolCalls: this.toolCalls,
    openInputs: this.openInputs,
    citations: [],
  };

  /** The state after the events so far. It changes with the next one. */
  get turn(): FoldedTurn {
    return this.folded;
  }

  /** Adds an event, or a snapshot in place of events. */
  add(event: TurnEvent | Snapshot): void {
    switch (event.type) {
      case 'message_saved':
        this.folded.userMessage = event.data.message;
        break;
      case 'workflow_status':
        this.folded.workflow = event.data;
        break;
      case 'rag_context':
        this.folded.citations = event.data.citations;
        break;
      case 'ai_response':
        this.addResponse(event.data);
        break;
      case 'ai_reasoning':
        this.message(event.data.messageId).said.think(event.data.content);
        break;
      case 'ai_reset':
        this.addReset(event.data);
        break;
      case 'tool_call':
        this.addCall(event.data.callId, { call: event.data });
        break;
      case 'tool_progress':
        this.addCall(event.data.callId, { progress: event.data });
        break;
      case 'tool_result':
        this.addCall(event.data.callId, { result: event.data });
        break;
      case 'input_required':
        this.openInputs.set(event.data.inputId, event.data);
        break;
      case 'input_resolved':
        this.openInputs.delete(event.data.inputId);
        break;
      case 'workflow_complete':
        this.folded.answer = event.data.message;
        this.folded.citations = event.data.message.citations;
        break;
      case 'error':
        this.folded.error = event.data;
        break;
      case 'done':
        this.folded.outcome = event.data.status;
        break;
      case 'snapshot':
        this.message(event.data.messageId).said.replace(event.data.content);
        break;
      default:
        assertNever(event);
    }
  }

  /** Equivalent to adding a piece of the message's text. */
  say(messageId: string, text: string): void {
    this.message(messageId).said.say(text);
  }

  private addResponse(data: AiResponse['data']): void {
    const message = this.message(data.messageId);
    if (!data.isComplete) return message.said.say(data.content);
    message.said.replace(data.accumulated);
    message.end = { usage: data.usage, finishReason: data.finishReason };
  }

  /** Resets the message, and nothing else. */
  private addReset({ messageId, attempt }: AiReset['data']): void {
    const message = this.message(messageId);
    message.said.reset();
    message.attempt = attempt;
    delete message.end;
  }

  private addCall(id: string, part: FoldedCall): void {
    this.toolCalls.set(id, { ...this.toolCalls.get(id), ...part });
  }

  private message(id: string): Writable<FoldedMessage> {
    let message = this.messages.get(id);
    if (message === undefined) this.messages.set(id, (message = { said: new SaidText(), attempt: 1 }));
    return message;
  }
}

/** What the events amount to, from the first one on. */
export function foldTurn(events: Iterable<TurnEvent | Snapshot>): FoldedTurn {
  const fold = new TurnFold();
  for (const event of events) fold.add(event);
  return fold.turn;
}
