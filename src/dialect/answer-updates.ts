import {
  addUsage,
  AppError,
  type AiResponse,
  type AnswerPart,
  type ErrorBody,
  type FinishReason,
  type InputRequired,
  type Sink,
  type ToolCallEvent,
  type ToolProgressed,
  type ToolResult,
  type Usage,
} from '../kernel/index.js';
import { dataOf, unknownEvent, type LoggedEvent } from '../log/index.js';

/**
 * What the reader of an answer receives, in every dialect: a piece, a reset, or the end, successful or not. Nothing
 * follows `done` or `failed`.
 */
export type AnswerUpdate =
  | { readonly type: 'piece'; readonly text: string }
  | { readonly type: 'reset' }
  | ToolUpdate
  | { readonly type: 'done'; readonly finishReason: FinishReason; readonly turn?: TurnSoFar }
  | { readonly type: 'failed'; readonly error: ErrorBody };

/** What a turn has come to where its answer ends, for wires that tell it. */
export interface TurnSoFar {
  /** Of all its messages; `null` where no model has said any of them. */
  readonly usage: Usage | null;
  /** How many of its messages are a model's: each is one request that was answered. */
  readonly iterations: number;
  /** What it waits for people to answer. */
  readonly inputs: readonly { readonly inputId: string; readonly callId?: string }[];
}

/** What became of a call, for wires that show calls. */
export interface ToolUpdate {
  readonly type: 'tool';
  readonly event: ToolCallEvent | ToolProgressed | ToolResult;
}

/** The updates of an answer, in batches of what arrived together. */
export type AnswerUpdates = AsyncGenerator<readonly AnswerUpdate[], void, undefined>;

/** Separates the messages of one turn, for clients that know one answer only. */
export const BETWEEN_MESSAGES = '\n\n';

/** The messages of a turn, and what it asks people for, as one text. */
export function asOneText(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(BETWEEN_MESSAGES);
}

/** Translates the events of a turn, one after the other, into the updates of one answer. */
export class TurnAnswerReader {
  /** The completed messages of the turn, as one text. */
  private complete = '';
  private finishReason: FinishReason = 'stop';
  /** A message is complete, and another one may follow. */
  private isBetween = false;
  private usage: Usage | null = null;
  private iterations = 0;
  /** What people are asked for and have not answered, by the inputs' ids. */
  private readonly inputs = new Map<string, InputRequired['data']>();

  /** `inDetail`: the end says what the turn has cost and waits for, and what people are asked is no part of the text. */
  constructor(private readonly inDetail = false) {}

  /** The updates for an event, in order. */
  read(event: LoggedEvent): readonly AnswerUpdate[] {
    switch (event.type) {
      case 'ai_response':
        return this.response(dataOf(event));
      case 'ai_reset':
        return this.reset();
      case 'error':
        return [{ type: 'failed', error: dataOf(event) }];
      case 'done':
        // An end without success for which no error was reported.
        return [dataOf(event).success ? this.end : { type: 'failed', error: CANCELLED }];
      case 'message_saved':
      case 'workflow_status':
      case 'rag_context':
      case 'ai_reasoning':
      case 'workflow_complete':
        return [];
      case 'tool_call':
      case 'tool_progress':
      case 'tool_result':
        return [{ type: 'tool', event: { type: event.type, data: dataOf(event) } as ToolUpdate['event'] }];
      case 'input_required':
        this.inputs.set(dataOf(event).inputId, dataOf(event));
        return [];
      case 'input_resolved':
        this.inputs.delete(dataOf(event).inputId);
        return [];
      default:
        unknownEvent(event);
        return [];
    }
  }

  /**
   * The updates for a turn that waits for people's input: most wires have no way to say so, and the answer ends with what the
   * people are asked.
   */
  waits(): readonly AnswerUpdate[] {
    if (this.inDetail) return [this.end];
    const asked = asOneText([...this.inputs.values()].map(({ prompt }) => prompt));
    return asked === '' ? [this.end] : [...this.piece(asked), this.end];
  }

  /** The end of the answer, as far as the turn has come. */
  get end(): Extract<AnswerUpdate, { type: 'done' }> {
    const { finishReason, usage, iterations } = this;
    if (!this.inDetail) return { type: 'done', finishReason };
    const inputs = [...this.inputs.values()].map(({ inputId, callId }) => ({
      inputId,
      ...(callId !== undefined && { callId }),
    }));
    return { type: 'done', finishReason, turn: { usage, iterations, inputs } };
  }

  private response(data: AiResponse['data']): readonly AnswerUpdate[] {
    if (data.isComplete) {
      this.complete = asOneText([this.complete, data.accumulated]);
      this.finishReason = data.finishReason;
      this.count(data.usage);
      this.isBetween = this.complete !== '';
      return [];
    }
    return this.piece(data.content);
  }

  /** A message without usage is none that a model was asked for. */
  private count(usage: Usage | null): void {
    if (usage === null) return;
    this.usage = this.usage === null ? usage : addUsage(this.usage, usage);
    this.iterations += 1;
  }

  private piece(text: string): readonly AnswerUpdate[] {
    const piece = { type: 'piece', text } as const;
    if (!this.isBetween || text === '') return [piece];
    this.isBetween = false;
    return [{ type: 'piece', text: BETWEEN_MESSAGES }, piece];
  }

  /** Resets the last message; the messages before it stay. */
  private reset(): readonly AnswerUpdate[] {
    this.isBetween = this.complete !== '';
    const kept = this.complete === '' ? [] : [{ type: 'piece', text: this.complete } as const];
    return [{ type: 'reset' }, ...kept];
  }
}

/** Takes the parts of a stateless answer, which is never reset, and hands its text on as updates. */
export function statelessUpdates(sink: Sink<AnswerUpdate>): Sink<AnswerPart> {
  return (part) => {
    if (part.type === 'reset') throw new Error('what a stream has said cannot be taken back');
    return part.type === 'text' ? sink({ type: 'piece', text: part.text }) : undefined;
  };
}

/**
 * The updates of a turn for wires without resets: an answer that is reset after text was sent fails for its reader.
 * There is exactly one end, also if the source stops without one.
 */
export async function* withoutResets(updates: AnswerUpdates): AnswerUpdates {
  let wasHeard = false;
  for await (const batch of updates) {
    let told: AnswerUpdate[] = [];
    for (const said of batch) {
      if (said.type === 'reset' && !wasHeard) {
        told = told.filter(({ type }) => type === 'tool');
        continue;
      }
      told.push(said.type === 'reset' ? { type: 'failed', error: BEGAN_ANEW } : said);
      if (said.type === 'piece' || said.type === 'tool') continue;
      yield told;
      return;
    }
    if (told.length === 0) continue;
    // A call is over before what is reset after it began.
    wasHeard ||= told.some(({ type }) => type === 'piece');
    yield told;
  }
  yield [{ type: 'failed', error: BROKE_OFF }];
}

const CANCELLED = new AppError(
  'STATE_CONFLICT',
  'The answer was cancelled. Send the message again for another.',
  {
    retryable: false,
  },
).toBody();

const BEGAN_ANEW = new AppError(
  'PROVIDER_ERROR',
  'The answer began anew with another attempt. Ask for it again.',
  {
    retryable: true,
  },
).toBody();

const BROKE_OFF = new AppError('SHUTTING_DOWN', 'The stream ended before the answer did. Ask for it again.', {
  retryable: true,
}).toBody();
