import type { CallMetadata, ProviderMetadata, ToolCall } from '../../kernel/index.js';
import type { ModelMessage } from '../ports/language-model.js';

/**
 * The messages as one model takes them: with the metadata that it has attached to calls itself, under the ids that it knows
 * them by, and without that of all others.
 */
export function withOwnMetadata(
  messages: readonly ModelMessage[],
  provider: string,
  model: string,
): readonly ModelMessage[] {
  if (!messages.some((message) => message.role === 'assistant' && message.metadata !== undefined))
    return messages;
  const ids = new Map<string, string>();
  return messages.map((message): ModelMessage => {
    if (message.role === 'tool')
      return { ...message, toolCallId: ids.get(message.toolCallId) ?? message.toolCallId };
    if (message.role !== 'assistant' || message.metadata === undefined) return message;
    const { metadata, ...rest } = message;
    if (!isOf(metadata, provider, model)) return rest;
    const { calls = {} } = metadata;
    for (const [id, { id: own }] of Object.entries(calls)) if (own !== undefined) ids.set(id, own);
    const named = (id: string) => ids.get(id) ?? id;
    return {
      ...message,
      toolCalls: (message.toolCalls ?? []).map((call) => ({ ...call, id: named(call.id) })),
      metadata: { ...metadata, calls: renamed(calls, named) },
    };
  });
}

/** Metadata by the ids that the calls have with us, where they had others with the provider; each is kept as far as it is needed. */
export function underOwnIds(
  metadata: ProviderMetadata,
  calls: readonly { readonly said: ToolCall; readonly own: ToolCall; readonly keepsId: boolean }[],
): ProviderMetadata {
  const ofCalls = calls.flatMap(({ said, own, keepsId }): [string, CallMetadata][] => {
    const of = { ...metadata.calls?.[said.id], ...(keepsId && { id: said.id }) };
    return Object.keys(of).length === 0 ? [] : [[own.id, of]];
  });
  const { calls: _calls, ...rest } = metadata;
  return ofCalls.length === 0 ? rest : { ...rest, calls: Object.fromEntries(ofCalls) };
}

function isOf(metadata: ProviderMetadata, provider: string, model: string): boolean {
  return metadata.provider === provider && metadata.model === model;
}

function renamed(
  calls: Readonly<Record<string, CallMetadata>>,
  named: (id: string) => string,
): Readonly<Record<string, CallMetadata>> {
  return Object.fromEntries(Object.entries(calls).map(([id, of]) => [named(id), of]));
}
