import type { OpenAI } from 'openai';
import type { ModelRequest } from '../../ports/language-model.js';

/** The body of a streamed chat completion. `officialApi`: OpenAI's own endpoint, whose newer models renamed the limit. */
export function chatCompletionBody(
  request: ModelRequest,
  officialApi: boolean,
): OpenAI.ChatCompletionCreateParamsStreaming {
  const { maxTokens, temperature } = request;
  const limit = officialApi ? 'max_completion_tokens' : 'max_tokens';
  return {
    model: request.model,
    messages: request.messages.map(({ role, content }) => ({ role, content: content.toWellFormed() })),
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { [limit]: maxTokens }),
  };
}
