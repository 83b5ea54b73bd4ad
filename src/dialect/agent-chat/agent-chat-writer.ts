import type { RoundsAnswer } from '../../chat/index.js';
import type { ErrorBody, StepEvent, ToolCallTold, Usage } from '../../kernel/index.js';
import type { Frame } from '../../stream/index.js';
import { toolCallOf, usageOf } from '../openai/completion-response.js';
import { CallFrames, frame } from './agent-chat-frames.js';
import type { AgentChatFrame } from './agent-chat-schemas.js';

/** What a model is asked for. */
export type Phase = Extract<AgentChatFrame, { type: 'llm_request' }>['phase'];
/** A model that is being asked. */
interface Asking {
  readonly provider: string;
  readonly model: string;
  readonly since: number;
}

/** Writes what happens in the rounds of one answer as named events. */
export class AgentChatWriter {
  private asking: Asking | undefined;
  /** The request that is told with what comes first: until then it may fail with a plain status. */
  private untold: readonly Frame[] = [];
  private hasTold = false;
  private readonly calls = new CallFrames();

  constructor(private readonly phase: Phase) {}

  /** The frames of an event; `undefined` for one that is not sent to clients. */
  event(event: StepEvent): readonly Frame[] | undefined {
    switch (event.type) {
      case 'attempt':
        return this.request(event);
      case 'text':
        return this.told([frame({ type: 'delta', content: event.text })]);
      case 'reset':
        throw new Error('what a stream has said cannot be taken back');
      case 'message_end':
        return this.told([...this.response(event.usage), ...this.requested(event.requested ?? [])]);
      case 'tool_call':
      case 'tool_progress':
      case 'tool_result':
        return this.told(this.calls.of(event));
      default:
        return undefined;
    }
  }

  /** The frames that end the answer. */
  end({ answered, usage, iterations }: RoundsAnswer): readonly Frame[] {
    const { said, toolCalls, finishReason: finish_reason } = answered;
    const text = said.text.join('');
    const calls = toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toolCallOf) };
    const content = text === '' && toolCalls.length > 0 ? null : text;
    return this.told([
      ...this.response(answered.usage),
      frame({ type: 'message_complete', role: 'assistant', content, ...calls, finish_reason }),
      frame({ type: 'complete', status: 'success', usage: usageOf(usage), iterations, finish_reason }),
    ]);
  }

  /** The frames that end an answer that has failed. */
  failed(error: ErrorBody): readonly Frame[] {
    return this.calls.failed(error);
  }

  private requested(calls: readonly ToolCallTold['data'][]): readonly Frame[] {
    return calls.flatMap((data) => this.calls.of({ type: 'tool_call', data }));
  }

  private request({
    provider,
    model,
  }: Extract<StepEvent, { type: 'attempt' }>): readonly Frame[] | undefined {
    this.asking = { provider, model, since: performance.now() };
    const request = [frame({ type: 'llm_request', phase: this.phase, model, provider })];
    if (this.hasTold) return request;
    this.untold = request;
    return undefined;
  }

  private told(frames: readonly Frame[]): readonly Frame[] {
    const before = this.untold;
    this.untold = [];
    this.hasTold = true;
    return before.length === 0 ? frames : [...before, ...frames];
  }

  private response(usage: Usage): readonly Frame[] {
    if (this.asking === undefined) return [];
    const { provider, model, since } = this.asking;
    this.asking = undefined;
    const durationMs = Math.round(performance.now() - since);
    const { phase } = this;
    return [frame({ type: 'llm_response', phase, model, provider, usage: usageOf(usage), durationMs })];
  }
}
