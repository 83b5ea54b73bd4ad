import type { LanguageModel, ModelPart, ModelRequest } from '../../src/llm/index.js';

/** What a scripted model does with one request: says the parts, then throws, hangs or has ended. */
export interface Script {
  readonly says?: readonly string[];
  /** What it thinks before that. */
  readonly thinks?: readonly string[];
  /** What it says the question has cost, before anything else. */
  readonly prompt?: { readonly inputTokens: number; readonly cachedTokens?: number };
  /** The arguments of one tool call, in pieces, after the text. */
  readonly pieces?: readonly string[];
  readonly throws?: Error;
  /** Waits until the request is aborted. */
  readonly hangs?: true;
  readonly calls?: number;
}

/** A model that answers request after request by its script; the last entry counts for all that follow. */
export class ScriptedModel implements LanguageModel {
  readonly type = 'openai';
  readonly defaultModel = 'one';
  readonly catalogue = [{ id: 'one', price: { input: 1, output: 2 } }];
  readonly requests: ModelRequest[] = [];
  readonly aborted: unknown[] = [];
  /** How often whoever asked stopped reading before the end. */
  left = 0;

  constructor(
    readonly provider: string,
    private readonly scripts: Script[],
  ) {}

  listModels() {
    return Promise.resolve(this.catalogue);
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelPart, undefined> {
    signal.throwIfAborted();
    this.requests.push(request);
    const script = this.scripts[Math.min(this.requests.length, this.scripts.length) - 1] ?? {};
    let isRead = false;
    try {
      if (script.prompt !== undefined) yield { type: 'prompt_usage', ...script.prompt };
      for (const text of script.thinks ?? []) {
        signal.throwIfAborted();
        yield { type: 'reasoning', text };
      }
      for (const text of script.says ?? []) {
        signal.throwIfAborted();
        yield { type: 'text', text };
      }
      for (const text of script.pieces ?? []) {
        signal.throwIfAborted();
        yield { type: 'tool_piece', index: 0, id: 'piecemeal', name: 'look', text };
      }
      if (script.hangs) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        signal.throwIfAborted();
      }
      isRead = true;
      if (script.throws !== undefined) throw script.throws;
    } finally {
      if (signal.aborted) this.aborted.push(signal.reason);
      else if (!isRead) this.left += 1;
    }
    if (script.pieces !== undefined) {
      yield {
        type: 'tool_call',
        call: { id: 'piecemeal', name: 'look', arguments: script.pieces.join('') },
      };
    }
    for (let index = 0; index < (script.calls ?? 0); index += 1) {
      yield { type: 'tool_call', call: { id: `call_${index}`, name: 'look', arguments: '{}' } };
    }
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
    yield { type: 'finish', reason: script.calls || script.pieces ? 'tool_calls' : 'stop', usage };
    return undefined;
  }
}
