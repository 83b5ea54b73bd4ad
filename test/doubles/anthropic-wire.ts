import type { Behaviour } from './stand-in-behaviour.js';
import { expectedReasoning, expectedText, callsOf, usageFor } from './stand-in-words.js';

/** A message or the text of one, as a request has it. */
export type Content = string | readonly ContentBlock[];

/** A block of a message, as far as the stand-in looks at it. */
export interface ContentBlock {
  readonly type: string;
  readonly text?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
  readonly tool_use_id?: string;
  readonly content?: Content;
  readonly source?: Readonly<Record<string, unknown>>;
  readonly is_error?: boolean;
}

/** The body of `POST /v1/messages`. */
export interface MessagesBody {
  readonly model: string;
  readonly max_tokens: number;
  readonly messages: readonly { readonly role: string; readonly content: Content }[];
  readonly system?: Content;
  readonly stream?: boolean;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly stop_sequences?: readonly string[];
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
  readonly tool_choice?: Readonly<Record<string, unknown>>;
  readonly thinking?: Readonly<Record<string, unknown>>;
  readonly output_config?: Readonly<Record<string, unknown>>;
}

/** The blocks of a content: a text is one block. */
export function blocksOf(content: Content | undefined): readonly ContentBlock[] {
  if (content === undefined) return [];
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** The texts of a content, its tool results among them. */
export function textIn(content: Content | undefined): string {
  return blocksOf(content)
    .map((block) => block.text ?? textIn(block.content))
    .join('');
}

/** What a request costs, in Anthropic's words. */
export function claudeUsage(behaviour: Behaviour, prompt: string) {
  const { prompt_tokens: input_tokens, completion_tokens: output_tokens } = usageFor(behaviour, prompt);
  return { input_tokens, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens };
}

const shared = { id: 'msg_stand_in', type: 'message', role: 'assistant' };

/** One event of a stream. */
export function eventFrame(event: { readonly type: string } & Readonly<Record<string, unknown>>): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The first event of a stream; without `usage` it says nothing of the cost. */
export function startFrame(model: string, usage: object | undefined): string {
  const message = { ...shared, model, content: [], stop_reason: null, stop_sequence: null, usage };
  return eventFrame({ type: 'message_start', message });
}

/** A piece of a block. */
export function deltaFrame(index: number, delta: Readonly<Record<string, unknown>>): string {
  return eventFrame({ type: 'content_block_delta', index, delta });
}

/** A whole answer, for a request that does not stream. `say`: what is said in place of the usual words. */
export function messageOf(model: string, behaviour: Behaviour, prompt: string, say?: readonly string[]) {
  const calls = callsOf(behaviour);
  const text = say?.slice(0, behaviour.tokens).join('') ?? expectedText(behaviour.tokens);
  const thinking = {
    type: 'thinking',
    thinking: expectedReasoning(behaviour.reasoning),
    signature: 'signed',
  };
  const uses = calls.map(({ id, name, arguments: input }) => ({
    type: 'tool_use',
    id,
    name,
    input: JSON.parse(input) as unknown,
  }));
  return {
    ...shared,
    model,
    content: [
      ...(behaviour.reasoning > 0 ? [thinking] : []),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...uses,
    ],
    stop_reason: stopReasonFor(behaviour, calls.length > 0),
    stop_sequence: null,
    usage: claudeUsage(behaviour, prompt),
  };
}

/** Why an answer of this behaviour ends. */
export function stopReasonFor({ fault }: Behaviour, hasCalls: boolean): string {
  if (fault === 'content_filter' || fault === 'refusal') return 'refusal';
  if (fault === 'length') return 'max_tokens';
  return hasCalls ? 'tool_use' : 'end_turn';
}
