import type { FinishReason } from '../../../kernel/index.js';
import type { ModelPart } from '../../ports/language-model.js';
import { FrameAnswerReader } from '../upstream/answer-reader.js';
import { readContent, type ContentReader } from '../upstream/content.js';
import { argumentsOf, textOfArguments } from '../upstream/tool-delta.js';
import { ThinkingBlocks } from './thinking-blocks.js';
import { partOf, UsageTally, type ClaudeEvent } from './claude-event.js';

type Fields = Readonly<Record<string, unknown>>;

/** A block of tool use whose arguments are still arriving. */
interface OpenCall {
  /** Its number among all calls: some servers number every block 0. */
  readonly key: number;
  /** Its arguments, if they came whole before any pieces. */
  readonly whole: string;
  hasPieces: boolean;
}

/** Blocks of tools that the provider runs itself: no client has to run them. */
const PROVIDER_TOOL_BLOCKS = /^(?:server_tool_use|mcp_tool_use|.*tool_result)$/;

/** Reads the bytes of a streamed message into parts. */
export class ClaudeAnswerReader extends FrameAnswerReader {
  private readonly open = new Map<number, OpenCall | 'provider'>();
  private readonly usage = new UsageTally();
  private readonly thinking = new ThinkingBlocks();
  private hasBegun = false;
  /** The event before the end has arrived, whether or not it has the reason for the end. */
  private hasDelta = false;
  private callCount = 0;
  private readonly content: ContentReader = {
    say: (kind, text) => this.parts.add(kind, text),
    refuse: (text) => this.parts.add('text', text),
    call: () => this.markUnreadable(),
    markUnreadable: () => this.markUnreadable(),
  };

  protected last(said: FinishReason): readonly ModelPart[] {
    for (const index of [...this.open.keys()]) this.closeBlock(index);
    const isCutShort = said === 'length' || said === 'content_filter';
    const calls = this.callsAtEnd(said, isCutShort);
    const usage = this.usage.total(this.inputCharacters, this.parts.characters + this.calls.characters);
    const ownEnd = calls.length > 0 ? 'tool_calls' : 'stop';
    const { signed } = this.thinking;
    const metadata = signed === undefined ? {} : { reasoning: signed };
    return this.parts.finish(calls, isCutShort ? said : ownEnd, usage, metadata);
  }

  protected handleFrame(event: ClaudeEvent, name: string | undefined): void {
    switch (event.type ?? name) {
      case 'content_block_delta':
        this.growBlock(indexOf(event), partOf(event.delta));
        break;
      case 'content_block_start':
        this.startBlock(indexOf(event), partOf(event.content_block));
        break;
      case 'content_block_stop':
        this.closeBlock(indexOf(event));
        break;
      case 'message_start':
        this.begin(partOf(event.message));
        break;
      case 'message_delta':
        this.usage.add(event.usage);
        this.hasDelta = true;
        this.handleFinish(partOf(event.delta)['stop_reason']);
        break;
      case 'message_stop':
        if (this.hasDelta) this.finishReason ??= 'stop';
        this.ended = true;
        break;
      case 'message':
        this.handleMessage(event as Fields);
        break;
      default:
      // `ping`, and events that later versions add.
    }
  }

  private begin({ usage, content }: Fields): void {
    this.usage.add(usage);
    this.usage.forgetOutput();
    this.handleBlocks(content);
    const { prompt } = this.usage;
    if (prompt === undefined || this.hasBegun) return;
    this.hasBegun = true;
    this.parts.addPromptUsage(prompt);
  }

  /** The whole answer at once, from a server that does not stream. */
  private handleMessage({ usage, content, stop_reason: said }: Fields): void {
    this.usage.add(usage);
    this.handleBlocks(content);
    this.hasWhole = true;
    this.handleFinish(said);
  }

  private handleBlocks(content: unknown): void {
    if (!Array.isArray(content)) return readContent(content, 'text', this.content);
    for (const [index, block] of content.entries()) {
      this.startBlock(index, typeof block === 'string' ? { type: 'text', text: block } : partOf(block));
      this.closeBlock(index);
    }
  }

  private startBlock(index: number, block: Fields): void {
    this.closeBlock(index);
    const { type } = block;
    this.thinking.start(index, block);
    if (type === 'tool_use') return this.startCall(index, block);
    if (typeof type === 'string' && PROVIDER_TOOL_BLOCKS.test(type)) this.open.set(index, 'provider');
    else readContent(block, 'text', this.content);
  }

  private startCall(index: number, block: Fields): void {
    const { id } = block;
    const name = block['name'] ?? '';
    const whole = argumentsOf(block);
    if (whole === undefined || typeof name !== 'string') return this.markUnreadable();
    const key = this.callCount;
    this.callCount += 1;
    this.open.set(index, { key, whole, hasPieces: false });
    this.calls.add([{ index: key, id, function: { name } }]);
  }

  private growBlock(index: number, delta: Fields): void {
    const { type, text, partial_json: json } = delta;
    if (type === 'text_delta' && typeof text === 'string') return this.parts.add('text', text);
    this.thinking.grow(index, delta);
    const block = this.open.get(index);
    if (block === 'provider') return;
    if (type === 'input_json_delta' || json !== undefined) this.growCall(block, pieceOf(delta));
    else readContent(delta, 'text', this.content);
  }

  private growCall(call: OpenCall | undefined, piece: string | undefined): void {
    if (piece === '') return;
    if (piece === undefined || call === undefined) return this.markUnreadable();
    call.hasPieces = true;
    this.calls.add([{ index: call.key, function: { arguments: piece } }]);
  }

  private closeBlock(index: number): void {
    const call = this.open.get(index);
    this.open.delete(index);
    if (call === undefined || call === 'provider' || call.hasPieces || call.whole === '') return;
    this.calls.add([{ index: call.key, function: { arguments: call.whole } }]);
  }
}

/** A piece of arguments; `undefined` if it has no known field. */
function pieceOf(delta: Fields): string | undefined {
  const { partial_json: json } = delta;
  return json === undefined || json === null || json === '' ? argumentsOf(delta) : textOfArguments(json);
}

function indexOf({ index }: ClaudeEvent): number {
  return typeof index === 'number' ? index : 0;
}
