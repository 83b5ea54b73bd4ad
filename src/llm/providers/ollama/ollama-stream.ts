import type { FinishReason } from '../../../kernel/index.js';
import type { ModelPart } from '../../ports/language-model.js';
import { FrameAnswerReader } from '../upstream/answer-reader.js';
import { readContent, type ContentReader } from '../upstream/content.js';
import { brokenAnswer } from '../upstream/model-errors.js';
import {
  hasNonText,
  hasUnreadField,
  messageOf,
  toolCallsOf,
  usageOf,
  type OllamaLine,
  type LineMessage,
} from './ollama-line.js';

/** Reads the bytes of a streamed chat into parts. */
export class OllamaAnswerReader extends FrameAnswerReader {
  private callCount = 0;
  private lastLine: OllamaLine = {};
  private readonly content: ContentReader = {
    say: (kind, text) => this.parts.add(kind, text),
    refuse: (text) => this.parts.add('text', text),
    call: (call) => this.handleCalls({ tool_calls: [call] }),
    markUnreadable: () => this.markUnreadable(),
  };

  protected last(said: FinishReason): readonly ModelPart[] {
    const calls = this.callsAtEnd(said);
    return this.parts.finish(
      calls,
      calls.length > 0 ? 'tool_calls' : said,
      usageOf(this.lastLine, this.inputCharacters, this.parts.characters + this.calls.characters),
    );
  }

  protected handleFrame(line: OllamaLine): void {
    const message = messageOf(line);
    if (message === undefined) this.markUnreadable();
    else this.handleMessage(message);
    if (line.done === true) this.handleEnd(line);
  }

  private handleMessage(message: LineMessage): void {
    const content = message.content || message.text || message.output_text;
    const { thinking } = message;
    if (typeof thinking === 'string') this.parts.add('reasoning', thinking);
    else if (thinking !== undefined) readContent(thinking, 'reasoning', this.content);
    if (typeof content === 'string') this.parts.add('text', content);
    else if (content !== undefined) readContent(content, 'text', this.content);
    if (message.tool_calls) this.handleCalls(message);
    if (this.isSilent) this.handleUnusual(message);
    if (message.images || message.audio) this.handleWithoutText(message);
  }

  /** Reads a message that has nothing in the usual fields. */
  private handleUnusual(message: LineMessage): void {
    readContent(message.reasoning || message.reasoning_content, 'reasoning', this.content);
    this.handleCalls(message);
    if (this.isSilent) this.hasUnread ||= hasUnreadField(message);
  }

  private handleWithoutText(message: LineMessage): void {
    if (hasNonText(message)) this.markUnreadable();
  }

  /** Each call comes whole, and some servers give several calls the same number or id. */
  private handleCalls(message: LineMessage): void {
    for (const call of toolCallsOf(message)) {
      if (call === undefined) this.markUnreadable();
      else {
        const { id, name, text } = call;
        this.calls.add([{ index: this.callCount, id, function: { name, arguments: text } }]);
        this.callCount += 1;
      }
    }
  }

  /** The line with `done` ends the answer, with or without a reason. */
  private handleEnd(line: OllamaLine): void {
    const { done_reason: said } = line;
    // Not an answer but a notice that the model was loaded or unloaded: a retry would be answered.
    if (said === 'load' || said === 'unload') throw brokenAnswer(this.provider, 'has nothing in it');
    this.handleFinish(said);
    this.finishReason ??= 'stop';
    this.lastLine = line;
    this.ended = true;
  }
}
