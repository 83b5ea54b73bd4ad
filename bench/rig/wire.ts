/** Stands once in every token and nowhere else, so that tokens can be counted without parsing anything. */
export const MARK = '~';
export const TOKEN = ` tok${MARK}`;

const COMMON = {
  id: 'chatcmpl-C0aBcDeFgHiJkLmNoPqRsTuVwXyZ0',
  object: 'chat.completion.chunk',
  created: 1_790_000_000,
  model: 'bench',
  service_tier: 'default',
  system_fingerprint: 'fp_0123456789',
};

/** What OpenAI's endpoint sends before the first token, and the answer's head. */
export const BEGINNING =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n' +
  'Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n' +
  chunk(frame({ role: 'assistant', content: '', refusal: null }));

export const TOKEN_FRAME = frame({ content: TOKEN });

/** The one tool that answers call, which adds up two numbers. */
export const TOOL = 'add_up';

/** What it sends in place of tokens where it calls the tool: the call of a round, from 1, its arguments in pieces. */
export function calling(round: number): string {
  const call = { index: 0, id: `call_bench_${round}`, type: 'function' };
  const pieces = ['{"one"', ': 19, ', '"other"', ': 23}'].map((text) =>
    frame({ tool_calls: [{ index: 0, function: { arguments: text } }] }),
  );
  const opening = frame({ tool_calls: [{ ...call, function: { name: TOOL, arguments: '' } }] });
  return `${chunk(opening + pieces.join(''))}${ending(20, 'tool_calls')}`;
}

/** What it sends behind the last of so many tokens, with `stream_options.include_usage`. */
export function ending(tokens: number, reason = 'stop'): string {
  const cost = `data: ${JSON.stringify({ ...COMMON, choices: [], usage: usageOf(tokens) })}\n\n`;
  return `${chunk(`${frame({}, reason)}${cost}data: [DONE]\n\n`)}0\r\n\r\n`;
}

/** An answer in one piece, head and all. */
export function completion(tokens: number): string {
  const message = { role: 'assistant', content: TOKEN.repeat(tokens), refusal: null, annotations: [] };
  const body = JSON.stringify({
    ...COMMON,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: usageOf(tokens),
  });
  return (
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** A piece of a body with `Transfer-Encoding: chunked`. */
export function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function usageOf(tokens: number) {
  return { prompt_tokens: 20, completion_tokens: tokens, total_tokens: tokens + 20 };
}

function frame(delta: Readonly<Record<string, unknown>>, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  return `data: ${JSON.stringify({ ...COMMON, choices, usage: null })}\n\n`;
}
