import type { FinishReason } from '../../../kernel/index.js';
import type { ModelPart } from '../../ports/language-model.js';
import { SseAnswerReader } from '../upstream/sse-answer-reader.js';
import { finishReasonOf, partOf, UsageTally, type ClaudeEvent } from './claude-event.js';

/** A block of tool use that is still growing. */
interface OpenCall {
  /** Its arguments where they came whole, before any pieces. */
  readonly whole: string | undefined;
  hasPieces: boolean;
}

/** Reads the bytes of one streamed message into parts. */
export class ClaudeAnswerReader extends SseAnswerReader {
  private readonly open = new Map<number, OpenCall>();
  private readonly usage = new UsageTally();
  private hasBegun = false;

  protected last(said: FinishReason): readonly ModelPart[] {
    for (const index of [...this.open.keys()]) this.closeBlock(index);
    const isCutShort = said === 'length' || said === 'content_filter';
    const calls = this.calls.whole(isCutShort);
    const usage = this.usage.total(this.inputCharacters, this.parts.characters + this.calls.characters);
    const ownEnd = calls.length > 0 ? 'tool_calls' : 'stop';
    return this.parts.finish(calls, isCutShort ? said : ownEnd, usage);
  }

  protected take(event: ClaudeEvent, name: string | undefined): void {
    switch (event.type ?? name) {
      case 'message_start':
        this.begin(event);
        break;
      case 'content_block_start':
        this.startBlock(indexOf(event), partOf(event.content_block));
        break;
      case 'content_block_delta':
        this.growBlock(indexOf(event), partOf(event.delta));
        break;
      case 'content_block_stop':
        this.closeBlock(indexOf(event));
        break;
      case 'message_delta':
        this.takeEnd(event);
        break;
      case 'message_stop':
        this.ended = true;
        break;
      default:
      // `ping`, and what later versions add.
    }
  }

  private begin(event: ClaudeEvent): void {
    this.usage.add(partOf(event.message)['usage']);
    this.usage.forgetOutput();
    const { prompt } = this.usage;
    if (prompt === undefined || this.hasBegun) return;
    this.hasBegun = true;
    this.parts.addPromptUsage(prompt);
  }

  private startBlock(index: number, block: Readonly<Record<string, unknown>>): void {
    if (block['type'] === 'tool_use') {
      const { id, name, input } = block;
      this.open.set(index, { whole: wholeInput(input), hasPieces: false });
      this.calls.add([{ index, id, function: { name } }]);
      return;
    }
    this.say(block);
  }

  private growBlock(index: number, delta: Readonly<Record<string, unknown>>): void {
    if (delta['type'] !== 'input_json_delta') {
      this.say(delta);
      return;
    }
    const call = this.open.get(index);
    // Tools that the provider runs itself are not ours to call.
    if (call === undefined || typeof delta['partial_json'] !== 'string') return;
    if (delta['partial_json'] !== '') call.hasPieces = true;
    this.calls.add([{ index, function: { arguments: delta['partial_json'] } }]);
  }

  private say({ type, text, thinking }: Readonly<Record<string, unknown>>): void {
    if ((type === 'text' || type === 'text_delta') && typeof text === 'string') this.parts.add('text', text);
    if ((type === 'thinking' || type === 'thinking_delta') && typeof thinking === 'string') {
      this.parts.add('reasoning', thinking);
    }
  }

  private closeBlock(index: number): void {
    const call = this.open.get(index);
    this.open.delete(index);
    if (call === undefined || call.hasPieces || call.whole === undefined) return;
    this.calls.add([{ index, function: { arguments: call.whole } }]);
  }

  private takeEnd(event: ClaudeEvent): void {
    this.usage.add(event.usage);
    const { stop_reason: said } = partOf(event.delta);
    if (typeof said === 'string') this.finishReason = finishReasonOf(said);
  }
}

function indexOf({ index }: ClaudeEvent): number {
  return typeof index === 'number' ? index : 0;
}

/** Anthropic starts with an empty object and sends the arguments in pieces; compatible servers may send them at once. */
function wholeInput(input: unknown): string | undefined {
  return Object.keys(partOf(input)).length > 0 ? JSON.stringify(input) : undefined;
}
