type Fields = Readonly<Record<string, unknown>>;

/** Metadata fields of an answer, which hold neither text nor calls. */
const METADATA_FIELDS = new Set(
  `role type object id index name status title description strict model created created_at timestamp phase channel
  recipient weight end_turn prefix seed usage logprobs token_ids prompt_token_ids obfuscation sequence_number
  finish_reason finish_details stop_reason stop_sequence matched_stop done done_reason service_tier system_fingerprint
  content_filter_results content_filter_offsets content_filter_result safety_ratings annotations citations
  citation_metadata search_results references context metadata signature extra_content provider_specific_fields
  provider extra cache_control caller namespace server_label language format`.split(/\s+/),
);
/** Patterns of further metadata fields: reasons, ids, signatures, times and vendor extensions. */
const METADATA_PATTERN = /^(?:x_|_)|(?:_reason|_id|_signature|_metadata|_details|_at|_time|_fields|_usage)$/;

/**
 * Whether an object has a field that is neither among the `known` ones nor empty, and so may hold a part of the answer.
 * Numbers and booleans do not count.
 */
export function hasUnknownField(said: object, known: ReadonlySet<string>): boolean {
  for (const [field, value] of Object.entries(said as Fields)) {
    if (known.has(field) || METADATA_FIELDS.has(field) || METADATA_PATTERN.test(field)) continue;
    if (typeof value === 'string' ? value !== '' : isFilled(value)) return true;
  }
  return false;
}

/** The first of the fields that is not empty. */
export function firstNonEmpty(said: object, fields: readonly string[]): unknown {
  for (const field of fields) {
    const value = (said as Fields)[field];
    if (value && !(typeof value === 'object' && !isFilled(value))) return value;
  }
  return undefined;
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
