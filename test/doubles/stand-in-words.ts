import type { Behaviour } from './stand-in-behaviour.js';

/** What of a request shapes its answer. */
export interface Asked {
  readonly model: string;
  readonly prompt: string;
  /** Token by token what is said in place of the usual words. */
  readonly say: readonly string[] | undefined;
}

const WORDS = [
  'The ',
  'naïve ',
  'reader ',
  '東京 ',
  'sees ',
  '🚀 ',
  'every ',
  'Ωmega ',
  'token, ',
  '👩‍👧 ',
  'once. ',
];

/** The stand-in's token of a number: no two near each other are alike, and some have more than one byte a character. */
export function token(index: number): string {
  return `${WORDS[index % WORDS.length]}${index} `;
}

/** All of an answer of so many tokens. */
export function expectedText(tokens: number): string {
  let text = '';
  for (let index = 0; index < tokens; index += 1) text += token(index);
  return text;
}

/** All the reasoning that comes before an answer. */
export function expectedReasoning(tokens: number): string {
  let text = '';
  for (let index = 0; index < tokens; index += 1) text += `thought ${index}, `;
  return text;
}

/** The tool calls that stand at the end of an answer. */
export function expectedToolCalls(calls: number): { id: string; name: string; arguments: string }[] {
  return Array.from({ length: calls }, (_, index) => ({
    id: `call_${index}`,
    name: `tool_${index}`,
    arguments: JSON.stringify({ city: '東京', index }),
  }));
}

/** The calls of an answer: those that the message wants, or as many as it wants. */
export function callsOf({ calls, tools }: Pick<Behaviour, 'calls' | 'tools'>) {
  if (calls.length === 0 || tools === 0) return expectedToolCalls(tools);
  return calls.map((call, index) => ({ id: `call_${index}`, ...call }));
}

/** The answer to what tools gave: it repeats all of it, so that the round trip can be seen, and understands quotations. */
export function expectedRepeat(contents: readonly string[]): string {
  return `The tool says: ${contents.map(unquoted).join(', ')}`;
}

/** What a result says, without the fence around what is from outside. */
export function unquoted(content: string): string {
  return /^The result is quoted below\.[^\n]*\n("{3,})\n(.*)\n\1$/s.exec(content)?.[2] ?? content;
}

/** What a request costs. */
export function usageFor(behaviour: Behaviour, prompt: string) {
  const prompt_tokens = Math.ceil(prompt.length / 4);
  const completion_tokens = behaviour.tokens + behaviour.reasoning;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

/** An answer of no tokens at all when it is to be `empty`, and otherwise what it is told to say, or what tools gave, once they were called often enough. */
export function afterTools(
  behaviour: Behaviour,
  /** How often tools were called in this turn, and what the latest of them gave. */
  called: { readonly rounds: number; readonly latest: readonly string[] },
): { readonly behaviour: Behaviour; readonly say: readonly string[] | undefined } {
  if (behaviour.fault === 'empty') {
    return { behaviour: { ...behaviour, tokens: 0, tools: 0, reasoning: 0 }, say: undefined };
  }
  if (behaviour.say !== undefined) return saying(behaviour, behaviour.say);
  if (called.latest.length === 0 || called.rounds < behaviour.rounds) return { behaviour, say: undefined };
  return saying(behaviour, expectedRepeat(called.latest));
}

function saying(behaviour: Behaviour, text: string) {
  const say = text.match(/\s*\S+|\s+$/g) ?? [];
  return { behaviour: { ...behaviour, tokens: say.length, tools: 0 }, say };
}

/** A message of a wire that has a message for each result of a tool. */
interface FlatMessage {
  readonly role: string;
  readonly tool_calls?: readonly unknown[];
}

/** The rounds of tools since the user last spoke, and the messages with what the latest of them gave. */
export function roundsIn<Message extends FlatMessage>(messages: readonly Message[]) {
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1);
  const isCall = ({ role, tool_calls: calls }: Message) => role === 'assistant' && calls !== undefined;
  const latest = turn.slice(turn.findLastIndex(({ role }) => role === 'assistant') + 1);
  return {
    rounds: turn.filter(isCall).length,
    latest: turn.at(-1)?.role === 'tool' ? latest : [],
  };
}
