import type { SamplingRequest } from '../../ports/model-sampler.js';

/** How often one call may have a model asked. */
export const MAX_SAMPLINGS = 5;
/** What a model is asked is shown whole to whoever agrees to it. */
const MAX_CHARS = 20_000;
const MAX_MESSAGES = 50;
const MAX_TOKENS = 4_096;
const MAX_STOPS = 4;
const MAX_STOP_CHARS = 100;

type Json = Readonly<Record<string, unknown>>;

/** What a server wants a model to be asked, within bounds; in words why it is not. */
export function samplingOf(params: Json): SamplingRequest | string {
  const { messages, systemPrompt, maxTokens, temperature, stopSequences, tools } = params;
  if (tools !== undefined) return 'It wants a model to have tools, which is not offered here.';
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > MAX_MESSAGES)
    return `It wants a model to be asked something that has not 1 to ${MAX_MESSAGES} messages.`;
  const said = messages.map(messageOf);
  if (!said.every((message) => message !== undefined))
    return 'It wants a model to be asked something that is no text.';
  const system = typeof systemPrompt === 'string' && systemPrompt !== '' ? clean(systemPrompt) : undefined;
  const length = said.reduce((sum, { text }) => sum + text.length, system?.length ?? 0);
  if (length > MAX_CHARS) return `It wants a model to be asked more than ${MAX_CHARS} characters.`;
  const stop = stopsOf(stopSequences);
  return {
    ...{ system, messages: said, stop },
    maxTokens: Math.max(
      1,
      Math.min(MAX_TOKENS, Number.isSafeInteger(maxTokens) ? Number(maxTokens) : MAX_TOKENS),
    ),
    temperature: typeof temperature === 'number' ? Math.max(0, Math.min(2, temperature)) : undefined,
  };
}

/** The question to the user: who wants a model to be asked, and all that it would be. */
export function samplingPrompt(server: string, { system, messages, maxTokens }: SamplingRequest): string {
  return [
    `The MCP server ${server} wants a model to be asked on your account, and to be given its answer of up to ${maxTokens} tokens. The model would be asked this, and nothing else:`,
    ...(system === undefined ? [] : [`Instructions:\n${system}`]),
    ...messages.map(({ role, text }) => `${role === 'user' ? 'User' : 'Assistant'}:\n${text}`),
  ].join('\n\n');
}

function messageOf(message: unknown): SamplingRequest['messages'][number] | undefined {
  const { role, content } = (message ?? {}) as Json;
  if (role !== 'user' && role !== 'assistant') return undefined;
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [content];
  const texts = blocks.map((block) => {
    const { type, text } = (block ?? {}) as Json;
    return type === 'text' && typeof text === 'string' ? clean(text) : undefined;
  });
  return texts.includes(undefined) ? undefined : { role, text: texts.join('\n\n') };
}

function stopsOf(sequences: unknown): readonly string[] | undefined {
  if (!Array.isArray(sequences)) return undefined;
  const usable = sequences.filter(
    (one): one is string => typeof one === 'string' && one !== '' && one.length <= MAX_STOP_CHARS,
  );
  return usable.length === 0 ? undefined : usable.slice(0, MAX_STOPS).map(clean);
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}
