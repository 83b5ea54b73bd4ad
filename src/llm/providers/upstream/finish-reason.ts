import type { FinishReason } from '../../../kernel/index.js';

/** Placeholders in place of a finish reason. */
const NOTHING_SAID = /^\s*(?:null|none|undefined)?\s*$/i;

/** The provider failed, whatever it had sent by then. */
const FAILED =
  /error|fail|abort|cancel|time_?out|timed|time_limit|rate_limit|malformed|unexpected|unavailable|overload|insufficient|interrupt|exception|crash|disconnect/;
const FILTERED =
  /filter|safety|block|sensitive|prohibit|recitation|refus|guardrail|policy|moderat|flagged|spii/;
const CUT_SHORT = /length|max|limit|budget|truncat|context_window/;
const CALLS = /^(?:tool|function)/;
/** The model ended by itself; any other word may mean anything, even "not finished". */
const OWN_END =
  /^(?:stop(?:ped|_sequences?|_token|_string|_limit)?|eos(?:_token|_found)?|eot|end(?:ed)?(?:_turn|_of_turn|_of_text|_of_sequence)?|endoftext|pause_turn|finish(?:ed)?|done|completed?|success|normal)$/;

/** The finish reason as text: '' while there is none, `undefined` for a value of another type. */
export function wordSaid(said: unknown): string | undefined {
  if (said === undefined || said === null || said === false) return '';
  if (typeof said !== 'string') return undefined;
  return NOTHING_SAID.test(said) ? '' : said;
}

/** Whether a finish reason certainly ends the answer; any other one does so only if nothing follows it. */
export function isSureEnd(word: string): boolean {
  const said = word.toLowerCase();
  return OWN_END.test(said) || CALLS.test(said) || FILTERED.test(said) || CUT_SHORT.test(said);
}

/**
 * The finish reason for any vendor's word; `undefined` when the word reports a failure. An unknown word counts as the
 * model's own end.
 */
export function finishReasonOf(word: string): FinishReason | undefined {
  const said = word.toLowerCase();
  if (FAILED.test(said)) return undefined;
  if (FILTERED.test(said)) return 'content_filter';
  if (CALLS.test(said)) return 'tool_calls';
  return CUT_SHORT.test(said) ? 'length' : 'stop';
}
