import type { FinishReason, Usage } from '../../../kernel/index.js';
import { estimateUsage } from '../../core/estimate-usage.js';
import type { ModelPart } from '../../ports/language-model.js';
import { reportedError } from './openai-errors.js';
import { SseAnswerReader } from '../upstream/sse-answer-reader.js';
import { choiceOf, finishReasonOf, usageOf, type Chunk, type Delta } from './openai-chunk.js';

/** Reads the bytes of one streamed chat completion into parts. */
export class OpenAiAnswerReader extends SseAnswerReader {
  private usage: Usage | undefined;
  private refused = false;

  protected last(said: FinishReason): readonly ModelPart[] {
    const calls = this.calls.whole(said === 'length');
    return this.parts.finish(
      calls,
      this.reason(said, calls.length > 0),
      this.usage ?? estimateUsage(this.inputCharacters, this.parts.characters + this.calls.characters),
    );
  }

  private reason(said: FinishReason, hasCalls: boolean): FinishReason {
    if (said === 'length' || said === 'content_filter') return said;
    if (this.refused) return 'content_filter';
    return hasCalls ? 'tool_calls' : 'stop';
  }

  protected take(chunk: Chunk): void {
    const usage = usageOf(chunk.usage) ?? usageOf(chunk.x_groq?.usage);
    const choice = choiceOf(chunk);
    if (choice?.delta !== undefined && choice.delta !== null) this.takeDelta(choice.delta);
    const said = typeof choice?.finish_reason === 'string' ? choice.finish_reason : undefined;
    if (usage !== undefined) this.takeUsage(usage, said);
    if (said !== undefined) this.takeFinish(said);
  }

  /** Some say with every frame what it has cost so far. */
  private takeUsage(usage: Usage, said: string | undefined): void {
    const isFirst = this.usage === undefined;
    this.usage = usage;
    const isEnd =
      this.finishReason !== undefined || (said !== undefined && finishReasonOf(said) !== undefined);
    const { inputTokens, cachedTokens } = usage;
    if (!isFirst || isEnd || inputTokens === 0) return;
    this.parts.addPromptUsage({
      type: 'prompt_usage',
      inputTokens,
      ...(cachedTokens === undefined ? {} : { cachedTokens }),
    });
  }

  private takeDelta(delta: Delta): void {
    const reasoning = delta.reasoning_content ?? delta.reasoning;
    if (typeof reasoning === 'string') this.parts.add('reasoning', reasoning);
    if (typeof delta.content === 'string') this.parts.add('text', delta.content);
    if (typeof delta.refusal === 'string' && delta.refusal !== '') {
      this.refused = true;
      this.parts.add('text', delta.refusal);
    }
    if (Array.isArray(delta.tool_calls)) this.calls.add(delta.tool_calls);
  }

  private takeFinish(said: string): void {
    const reason = finishReasonOf(said);
    if (reason === undefined) throw reportedError(this.provider, { code: said });
    this.finishReason = reason;
  }
}
