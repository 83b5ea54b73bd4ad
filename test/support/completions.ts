/** Where answers are asked for below `/v1`. */
export const COMPLETIONS = '/v1/chat/completions';
/** What is asked. */
export const MODEL = 'openai/gpt-4o-mini';

/** The body of a request for an answer. */
export const asking = (content: string, more: Record<string, unknown> = {}) => ({
  model: MODEL,
  messages: [{ role: 'user', content }],
  ...more,
});
