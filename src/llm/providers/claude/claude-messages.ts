import type { Anthropic } from '@anthropic-ai/sdk';
import type { ToolCall } from '../../../kernel/index.js';
import type { MessagePart, ModelMessage } from '../../ports/language-model.js';
import { dataUrlOf } from '../upstream/data-url.js';
import { NOT_CARRIED_OUT } from '../upstream/normalize-messages.js';
import { wellFormed } from '../upstream/well-formed.js';

type Block = Anthropic.ContentBlockParam;
type Speaker = 'user' | 'assistant';

/** A conversation in Anthropic's format: the system prompt apart, and two roles that alternate. */
export interface ClaudeConversation {
  readonly system: readonly Anthropic.TextBlockParam[];
  readonly messages: readonly Anthropic.MessageParam[];
  /** The tools that were called in it: Anthropic rejects calls of tools that are not defined. */
  readonly calledTools: readonly string[];
}

interface Turn {
  readonly role: Speaker;
  readonly blocks: Block[];
}

/**
 * Converts a conversation: it begins with the user, the roles alternate, nothing is empty, and every call has a result.
 * `thinks`: the model is to think, and has its signed thinking back.
 */
export function conversationOf(messages: readonly ModelMessage[], thinks = false): ClaudeConversation {
  const system = messages.flatMap((message) => (message.role === 'system' ? wordsOf(message) : []));
  const turns = withoutLastBlank(answered(alternating(messages, thinks)));
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', blocks: [textBlock('Begin.')] });
  const blocks = turns.flatMap((turn) => turn.blocks);
  return {
    system,
    messages: turns.map((turn) => ({ role: turn.role, content: turn.blocks })),
    calledTools: [...new Set(blocks.flatMap((block) => (block.type === 'tool_use' ? [block.name] : [])))],
  };
}

function alternating(messages: readonly ModelMessage[], thinks: boolean): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const role: Speaker = message.role === 'assistant' ? 'assistant' : 'user';
    const blocks = blocksOf(message, thinks);
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else if (blocks.length > 0) turns.push({ role, blocks: [...blocks] });
  }
  return turns;
}

function blocksOf(message: Exclude<ModelMessage, { role: 'system' }>, thinks: boolean): readonly Block[] {
  const texts = textsOf(message.content).map(textBlock);
  switch (message.role) {
    case 'user':
      return message.parts?.flatMap(partOf) ?? [...(message.images ?? []).map(imageBlock), ...texts];
    case 'assistant':
      return [
        ...(thinks ? thinkingBlocksOf(message) : []),
        ...texts,
        ...(message.toolCalls ?? []).map(toolUseBlock),
      ];
    case 'tool':
      return [toolResultBlock(message)];
  }
}

/**
 * Every call has its result at the start of the next message, and every result follows its call: an interrupted run
 * leaves calls without results, and a shortened conversation results without calls.
 */
function answered(turns: readonly Turn[]): Turn[] {
  const whole: Turn[] = [];
  for (const turn of turns) {
    const calls = callsOf(whole.at(-1));
    if (turn.role === 'assistant' || calls.length === 0) {
      whole.push({ role: turn.role, blocks: turn.blocks.flatMap(withoutCall) });
      continue;
    }
    const results = calls.map((id) => turn.blocks.find((block) => isResultOf(block, id)) ?? noResult(id));
    const rest = turn.blocks.filter((block) => !results.includes(block)).flatMap(withoutCall);
    whole.push({ role: 'user', blocks: [...results, ...rest] });
  }
  const open = callsOf(whole.at(-1));
  if (open.length > 0) whole.push({ role: 'user', blocks: open.map(noResult) });
  return whole.filter(({ blocks }) => blocks.length > 0);
}

function callsOf(turn: Turn | undefined): readonly string[] {
  if (turn?.role !== 'assistant') return [];
  return turn.blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
}

function isResultOf(block: Block, id: string): boolean {
  return block.type === 'tool_result' && block.tool_use_id === id;
}

function noResult(id: string): Block {
  return { type: 'tool_result', tool_use_id: id, is_error: true, content: NOT_CARRIED_OUT };
}

/** A result whose call is not in the conversation, as what it says and shows. */
function withoutCall(block: Block): readonly Block[] {
  if (block.type !== 'tool_result') return [block];
  return Array.isArray(block.content)
    ? (block.content as readonly (Anthropic.TextBlockParam | Anthropic.ImageBlockParam)[])
    : [];
}

function wordsOf({ content, parts }: Extract<ModelMessage, { role: 'system' }>): Anthropic.TextBlockParam[] {
  const blocks = parts?.flatMap(partOf).filter((block) => block.type === 'text');
  return blocks ?? textsOf(content).map(textBlock);
}

function partOf(part: MessagePart): (Anthropic.TextBlockParam | Anthropic.ImageBlockParam)[] {
  const blocks = part.type === 'text' ? textsOf(part.text).map(textBlock) : [imageBlock(part.url)];
  const { cacheControl } = part;
  return blocks.map((block) =>
    // Anthropic validates the TTL.
    cacheControl === undefined
      ? block
      : { ...block, cache_control: cacheControl as Anthropic.CacheControlEphemeral },
  );
}

/** An assistant message that is to be continued must not end in white space. */
function withoutLastBlank(turns: readonly Turn[]): Turn[] {
  const last = turns.at(-1);
  const text = last?.blocks.at(-1);
  if (last?.role !== 'assistant' || text?.type !== 'text') return [...turns];
  const blocks = [...last.blocks.slice(0, -1), { ...text, text: text.text.trimEnd() }];
  return [...turns.slice(0, -1), { role: last.role, blocks }];
}

function textsOf(content: string): readonly string[] {
  const text = content.toWellFormed();
  return text.trim() === '' ? [] : [text];
}

/** They are what Anthropic has sent. */
function thinkingBlocksOf({ metadata }: Extract<ModelMessage, { role: 'assistant' }>): readonly Block[] {
  return (metadata?.reasoning ?? []) as readonly Block[];
}

function toolResultBlock({ toolCallId, content, images = [] }: Extract<ModelMessage, { role: 'tool' }>) {
  const blocks = [...textsOf(content).map(textBlock), ...images.map((image) => imageBlock(dataUrlOf(image)))];
  return {
    type: 'tool_result' as const,
    tool_use_id: idOf(toolCallId),
    ...(blocks.length > 0 ? { content: blocks } : {}),
  };
}

function textBlock(text: string): Anthropic.TextBlockParam {
  return { type: 'text', text };
}

function toolUseBlock({ id, name, arguments: text }: ToolCall): Anthropic.ToolUseBlockParam {
  return { type: 'tool_use', id: idOf(id), name, input: inputOf(text) };
}

/** Ids of other providers' calls may have characters that Anthropic rejects. */
function idOf(id: string): string {
  return id.replaceAll(/[^\w-]/g, '_') || '_';
}

function inputOf(text: string): object {
  try {
    const input = wellFormed(JSON.parse(text) as unknown);
    return typeof input === 'object' && input !== null && !Array.isArray(input) ? input : {};
  } catch {
    return {};
  }
}

function imageBlock(address: string): Anthropic.ImageBlockParam {
  const [, type, data] = /^data:(image\/[\w.+-]+);base64,(.*)$/s.exec(address) ?? [];
  if (type === undefined || data === undefined) {
    return { type: 'image', source: { type: 'url', url: address.toWellFormed() } };
  }
  const media_type = (
    type === 'image/jpg' ? 'image/jpeg' : type
  ) as Anthropic.Base64ImageSource['media_type'];
  return { type: 'image', source: { type: 'base64', media_type, data } };
}
