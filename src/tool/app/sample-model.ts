import { Injectable } from '@nestjs/common';
import { AskModel, type AttemptCause, type ModelMessage } from '../../llm/index.js';
import type { ModelSampler, SampledAnswer, SamplingRequest } from '../ports/model-sampler.js';
import type { ToolContext } from '../ports/tool.js';

/** Asks models for MCP servers: over the route of the turn, with nothing of its conversation, and on its user's account. */
@Injectable()
export class SampleModel implements ModelSampler {
  constructor(private readonly models: AskModel) {}

  async sample(
    { system, messages, maxTokens, temperature, stop }: SamplingRequest,
    { caller, choice = {}, ...context }: ToolContext,
    signal: AbortSignal,
    tell: () => void,
  ): Promise<SampledAnswer> {
    const instructions: ModelMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
    const said = messages.map(({ role, text: content }): ModelMessage => ({ role, content }));
    const {
      model,
      said: answer,
      finishReason,
    } = await this.models.ask(
      {
        ...{ choice, context: { caller, cause: causeOf(context) }, resettable: true, passages: [] },
        ...{ messages: [...instructions, ...said], maxTokens },
        ...(temperature !== undefined && { temperature }),
        ...(stop !== undefined && { stop }),
      },
      signal,
      () => {
        tell();
        return undefined;
      },
    );
    return { model, text: answer.text.join(''), isCut: finishReason === 'length' };
  }
}

function causeOf({ threadId, turnId, step }: Omit<ToolContext, 'caller' | 'choice'>): AttemptCause {
  const about = { step, purpose: 'sampling' } as const;
  if (threadId === undefined) return { type: 'stateless', requestId: turnId, ...about };
  return { type: 'turn', threadId, turnId, ...about };
}
