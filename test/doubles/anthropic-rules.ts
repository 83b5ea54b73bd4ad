import type { IncomingHttpHeaders } from 'node:http';
import { blocksOf, type Content, type ContentBlock, type MessagesBody } from './anthropic-wire.js';

/** What Anthropic would not accept of a request, in its words; `undefined` for one that it would answer. */
export function mistakeIn(body: MessagesBody, headers: IncomingHttpHeaders): string | undefined {
  const version = headers['anthropic-version'];
  if (typeof version !== 'string') return 'anthropic-version: header is required';
  if (!Number.isInteger(body.max_tokens) || body.max_tokens < 1) return 'max_tokens: Field required';
  return settingMistake(body, version) ?? thinkingMistake(body) ?? conversationMistake(body);
}

function settingMistake(body: MessagesBody, version: string): string | undefined {
  const { temperature, top_p: topP, stop_sequences: stops } = body;
  if (version >= '2026-10-21' && (temperature !== undefined || topP !== undefined)) {
    return 'temperature: Extra inputs are not permitted';
  }
  if (temperature !== undefined && (temperature < 0 || temperature > 1)) return 'temperature: range: 0..1';
  if (temperature !== undefined && topP !== undefined)
    return '`temperature` and `top_p` cannot both be specified';
  if (stops?.some((stop) => stop.trim() === '')) return 'stop_sequences: must contain non-whitespace';
  return undefined;
}

function thinkingMistake({ thinking, temperature, max_tokens: limit, tool_choice: choice }: MessagesBody) {
  if (thinking === undefined) return undefined;
  const budget = thinking['budget_tokens'];
  if (thinking['type'] === 'enabled') {
    if (typeof budget !== 'number' || budget < 1_024) return 'thinking.budget_tokens: at least 1024';
    if (budget >= limit) return '`max_tokens` must be greater than `thinking.budget_tokens`';
    const isForced = choice?.['type'] === 'any' || choice?.['type'] === 'tool';
    if (isForced) return 'Thinking may not be enabled when tool_choice forces tool use.';
  }
  if (temperature !== undefined) return '`temperature` may only be set to 1 when thinking is enabled';
  return undefined;
}

function conversationMistake({ messages, tools }: MessagesBody): string | undefined {
  if (messages.length === 0) return 'messages: at least one message is required';
  if (messages[0]!.role !== 'user') return 'messages: first message must use the "user" role';
  if (messages.some(({ role }) => role !== 'user' && role !== 'assistant'))
    return 'messages: unexpected role';
  const blocks = messages.map(({ content }) => blocksOf(content));
  if (blocks.some((list) => list.length === 0)) return 'messages: must have non-empty content';
  const all = blocks.flat();
  if (all.some(isEmptyText)) return 'messages: text content blocks must be non-empty';
  if (all.some(({ type }) => type === 'tool_use' || type === 'tool_result') && tools === undefined) {
    return 'Requests which include `tool_use` or `tool_result` blocks must define tools';
  }
  return (
    blocks.map((list, index) => pairMistake(list, blocks[index + 1] ?? [])).find(Boolean) ?? orphan(blocks)
  );
}

function pairMistake(list: readonly ContentBlock[], next: readonly ContentBlock[]): string | undefined {
  const calls = list.flatMap(({ type, id }) => (type === 'tool_use' ? [id] : []));
  const results = next
    .slice(0, calls.length)
    .flatMap(({ tool_use_id: id }) => (id === undefined ? [] : [id]));
  if (calls.every((id) => id !== undefined && results.includes(id))) return undefined;
  return '`tool_use` ids were found without `tool_result` blocks immediately after';
}

function orphan(blocks: readonly (readonly ContentBlock[])[]): string | undefined {
  const isOrphan = (index: number) => (block: ContentBlock) =>
    block.type === 'tool_result' && !blocks[index - 1]?.some(({ id }) => id === block.tool_use_id);
  return blocks.some((list, index) => list.some(isOrphan(index)))
    ? 'unexpected `tool_use_id` found in `tool_result` blocks'
    : undefined;
}

function isEmptyText({ type, text, content }: ContentBlock): boolean {
  return (type === 'text' && (text ?? '').trim() === '') || inner(content).some(isEmptyText);
}

function inner(content: Content | undefined): readonly ContentBlock[] {
  return typeof content === 'object' ? content : [];
}
