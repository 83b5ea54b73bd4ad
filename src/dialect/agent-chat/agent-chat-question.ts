import type { Conversation } from '../../chat/index.js';
import { AppError } from '../../kernel/index.js';
import type { ThreadMessage } from '../answer-in-thread.js';
import { offeredTools, questionOf } from '../openai/completion-question.js';
import { nameOfTool } from '../openai/completion-schemas.js';
import { messageOf } from '../openai/question-messages.js';
import { questionIn, type ProxyBody } from './agent-chat-schemas.js';

const MAX_SYSTEM_CHARS = 20_000;

/** A body as a question to the bare model, and the tools that its client knows. */
export function conversationIn(body: ProxyBody, resettable: boolean): Conversation {
  const { tools: _tools, choice, ...rest } = questionOf(body);
  const question = { ...rest, choice: { ...choice, provider: body.provider }, resettable };
  return { question, tools: offeredTools(body, 'either') };
}

/** The last message of a body as one to a thread, which knows what was said before it. Tools are those of the server. */
export function threadMessageIn(body: ProxyBody, threadId: string): ThreadMessage {
  const { provider, model, temperature, max_completion_tokens, max_tokens, tools } = body;
  const system = body.messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map((message) => messageOf(message).content)
    .join('\n\n');
  if (system.length > MAX_SYSTEM_CHARS)
    throw new AppError(
      'VALIDATION_FAILED',
      `In a thread the system messages have at most ${MAX_SYSTEM_CHARS} characters. Shorten them.`,
    );
  return {
    ...{ threadId, content: questionIn(body.messages) ?? '', provider, model },
    options: {
      ...{ temperature, maxTokens: max_completion_tokens ?? max_tokens },
      systemPrompt: system === '' ? undefined : system,
      tools: body.tool_choice === 'none' ? false : tools?.map(nameOfTool),
    },
  };
}
