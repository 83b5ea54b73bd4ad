import type { StepEvent, ToolCall, ToolPiece } from '../../kernel/index.js';
import type { Answered } from '../../llm/index.js';
import type { Frame } from '../../stream/index.js';
import { BETWEEN_MESSAGES } from '../answer-updates.js';
import type { ExecutedTool } from './executed-tools.js';
import { modelName, toolCallOf, usageOf, type Heading } from './completion-response.js';

const DONE: Frame = { data: '[DONE]' };

/** A call that was sent in pieces, and how many code units of its arguments were sent. */
interface GivenCall {
  readonly index: number;
  readonly id: string;
  length: number;
}

/** Writes one answer as `chat.completion.chunk`s; the JSON that all chunks share is made once. */
export class ChunkWriter {
  private model = '';
  /** The JSON before and after each delta; empty until the first delta, because until then the model may change. */
  private head = '';
  private readonly tail: string;
  private readonly given = new Map<number, GivenCall>();
  private hasText = false;
  /** What was said before is a message of its own, with calls of the server's tools. */
  private isBetween = false;

  constructor(
    private readonly heading: Heading,
    private readonly includeUsage: boolean,
  ) {
    this.tail = `,"logprobs":null,"finish_reason":null}]${this.noUsage}}`;
  }

  /** The frames of a part; `undefined` for one that is not sent to clients. */
  part(part: StepEvent): readonly Frame[] | undefined {
    switch (part.type) {
      case 'attempt':
        this.model = modelName(part);
        return undefined;
      case 'text':
        return [...this.opening('""'), this.delta(`{"content":${JSON.stringify(this.said(part.text))}}`)];
      case 'reasoning':
        return [...this.opening('null'), this.delta(`{"reasoning_content":${JSON.stringify(part.text)}}`)];
      case 'tool_piece':
        return [...this.opening('null'), ...this.piece(part)];
      case 'reset':
        throw new Error('what a stream has said cannot be taken back');
      case 'message_end':
        this.isBetween = this.hasText;
        return undefined;
      default:
        return undefined;
    }
  }

  /** The frames that end the answer, with the calls that the server has made for it. */
  end(
    { toolCalls, finishReason, usage }: Answered,
    executed: readonly ExecutedTool[] = [],
  ): readonly Frame[] {
    const opening = this.opening(toolCalls.length > 0 ? 'null' : '""');
    // All at once: clients put together only the text and the calls of several pieces.
    const made = executed.length > 0 ? [this.delta(JSON.stringify({ executed_tools: executed }))] : [];
    const calls = this.missing(toolCalls);
    const finish = `${this.head}{},"logprobs":null,"finish_reason":"${finishReason}"}]${this.noUsage}}`;
    const last = this.includeUsage
      ? [{ data: `${this.shared},"choices":[],"usage":${JSON.stringify(usageOf(usage))}}` }]
      : [];
    return [...opening, ...made, ...calls, { data: finish }, ...last, DONE];
  }

  /** The text, apart from that of the message before. */
  private said(text: string): string {
    const whole = this.isBetween && text !== '' ? `${BETWEEN_MESSAGES}${text}` : text;
    if (text !== '') [this.isBetween, this.hasText] = [false, true];
    return whole;
  }

  private piece({ index, id, name, text }: ToolPiece): readonly Frame[] {
    const given = this.given.get(index);
    if (given !== undefined) given.length += text.length;
    else this.given.set(index, { index, id, length: text.length });
    return [
      ...(given === undefined ? [this.call(index, { id, name, arguments: '' })] : []),
      ...(text === '' ? [] : [this.callText(index, text)]),
    ];
  }

  /** What was not sent in pieces: whole calls, and `{}` for arguments that are empty. */
  private missing(calls: readonly ToolCall[]): readonly Frame[] {
    const given = [...this.given.values()];
    let next = Math.max(-1, ...this.given.keys()) + 1;
    return calls.flatMap((call) => {
      // Some servers give two calls the same id, so each sent call is matched once.
      const place = given.findIndex(({ id }) => id === call.id);
      const [before] = place < 0 ? [] : given.splice(place, 1);
      if (before === undefined) return [this.call(next++, call)];
      const rest = call.arguments.slice(before.length);
      return rest === '' ? [] : [this.callText(before.index, rest)];
    });
  }

  private call(index: number, call: ToolCall): Frame {
    return this.delta(JSON.stringify({ tool_calls: [{ index, ...toolCallOf(call) }] }));
  }

  private callText(index: number, text: string): Frame {
    return this.delta(JSON.stringify({ tool_calls: [{ index, function: { arguments: text } }] }));
  }

  private get noUsage(): string {
    return this.includeUsage ? ',"usage":null' : '';
  }

  /** The JSON with which every chunk begins. */
  private get shared(): string {
    const { id, created } = this.heading;
    const chunk = {
      id,
      object: 'chat.completion.chunk',
      created,
      model: this.model,
      system_fingerprint: null,
    };
    return JSON.stringify(chunk).slice(0, -1);
  }

  /** The role, before the first delta. */
  private opening(content: '""' | 'null'): readonly Frame[] {
    if (this.head !== '') return [];
    this.head = `${this.shared},"choices":[{"index":0,"delta":`;
    return [this.delta(`{"role":"assistant","content":${content},"refusal":null}`)];
  }

  private delta(json: string): Frame {
    return { data: `${this.head}${json}${this.tail}` };
  }
}
