import { withLeastEffort, without, type Body } from './openai-body.js';

/** OpenAI's own reasoning models: they reject sampling parameters. */
const THINKING = /^(?:openai\/)?(?:o\d|gpt-5(?!-chat))/;
/** Those that reason only if an effort is requested. */
const THINKING_ON_DEMAND = /^(?:openai\/)?gpt-5\.\d/;
const O_SERIES = /^(?:openai\/)?o\d/;

const SAMPLING = ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty', 'stop'];

/** Leaves out what OpenAI's reasoning models reject; requests to all other models are unchanged. */
export function adaptToOpenAi(body: Body): Body {
  const model = String(body['model']);
  if (!THINKING.test(model)) return body;
  const { max_tokens: limit, ...rest } = body;
  const renamed: Body = limit === undefined ? rest : { ...rest, max_completion_tokens: limit };
  const thinks = !THINKING_ON_DEMAND.test(model) || body['reasoning_effort'] !== undefined;
  const isOSeries = O_SERIES.test(model);
  const refused = [...(thinks ? SAMPLING : []), ...(isOSeries ? ['parallel_tool_calls'] : [])];
  return withLeastEffort(without(renamed, refused), isOSeries);
}
