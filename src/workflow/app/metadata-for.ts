import type { ToolCall } from '../../kernel/index.js';
import { underOwnIds, type Answered } from '../../llm/index.js';
import { MAX_ID_CHARS } from './name-calls.js';

/** UTF-16 code units of JSON of what a provider wants back with the calls of one answer; without it they are calls all the same. */
const MAX_METADATA_CHARS = 200_000;
/** What Postgres has no text for: U+0000, and half of a character. */
const UNSTORABLE = /\\u0000|\\ud[89a-f]/;

/** What the provider wants back with its calls, whose names may be others with us: empty where it is nothing, or cannot be kept. */
export function metadataFor(
  { provider, model, metadata, toolCalls }: Answered,
  named: readonly ToolCall[],
): Pick<Answered, 'metadata'> {
  const calls = named.map((own, place) => {
    const said = toolCalls[place]!;
    return { said, own, keepsId: said.id.length > MAX_ID_CHARS };
  });
  const kept = underOwnIds(metadata ?? { provider, model }, calls);
  if (kept.reasoning === undefined && kept.calls === undefined) return {};
  const json = JSON.stringify(kept);
  return json.length > MAX_METADATA_CHARS || UNSTORABLE.test(json) ? {} : { metadata: kept };
}
