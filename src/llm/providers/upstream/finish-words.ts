import type { FinishReason } from '../../../kernel/index.js';

/** What stands where a word is expected, and says nothing. */
const NOTHING_SAID = /^\s*(?:null|none|undefined)?\s*$/i;

/** The provider gave up, whatever it had said by then. */
const FAILED =
  /error|fail|abort|cancel|time_?out|timed|time_limit|rate_limit|malformed|unexpected|unavailable|overload|insufficient|interrupt|exception|crash|disconnect/;
const FILTERED =
  /filter|safety|block|sensitive|prohibit|recitation|refus|guardrail|policy|moderat|flagged|spii/;
const CUT_SHORT = /length|max|limit|budget|truncat|context_window/;
const CALLS = /^(?:tool|function)/;
/** Ends of the model's own; any other word may stand for anything, also for "not yet". */
const OWN_END =
  /^(?:stop(?:ped|_sequences?|_token|_string|_limit)?|eos(?:_token|_found)?|eot|end(?:ed)?(?:_turn|_of_turn|_of_text|_of_sequence)?|endoftext|pause_turn|finish(?:ed)?|done|completed?|success|normal)$/;

/** The word for why a model stopped: '' as long as none is said, `undefined` for what is no word. */
export function wordSaid(said: unknown): string | undefined {
  if (said === undefined || said === null || said === false) return '';
  if (typeof said !== 'string') return undefined;
  return NOTHING_SAID.test(said) ? '' : said;
}

/** Whether a word is known to say that an answer has ended; others do so only where nothing follows them. */
export function isSureEnd(word: string): boolean {
  const said = word.toLowerCase();
  return OWN_END.test(said) || CALLS.test(said) || FILTERED.test(said) || CUT_SHORT.test(said);
}

/**
 * Why the model stopped, whichever vendor's word it is; `undefined` when the word says that the provider failed. A word
 * that nobody knows (`eos`, `end_turn`, …) is an end of the model's own.
 */
export function finishReasonOf(word: string): FinishReason | undefined {
  const said = word.toLowerCase();
  if (FAILED.test(said)) return undefined;
  if (FILTERED.test(said)) return 'content_filter';
  if (CALLS.test(said)) return 'tool_calls';
  return CUT_SHORT.test(said) ? 'length' : 'stop';
}
