import type { Step } from '../../doubles/scripted-provider.js';
import { frame } from './rows.js';

// OpenAI's wire.

/** A chunk with one choice. */
export const choice = (more: object) => frame({ choices: [{ index: 0, ...more }] });
/** A chunk with a piece of the answer. */
export const delta = (said: object, finish_reason: unknown = null) => choice({ delta: said, finish_reason });
/** A chunk with a piece of its text. */
export const words = (text: string) => delta({ content: text });
/** The chunk that ends an answer. */
export const STOP = delta({}, 'stop');
/** The last event of a stream. */
export const DONE = 'data: [DONE]\n\n';
/** Three chunks with this for their finish reason, over longer than the end of an answer is waited for. */
export const slowly = (finish: string): readonly Step[] => [
  delta({ content: 'a' }, finish),
  { pauseMs: 1_200 },
  delta({ content: 'b' }, finish),
  { pauseMs: 1_200 },
  delta({ content: 'c' }, finish) + STOP + DONE,
];
/** The same without an end. */
export const slowlyOnly = (finish: string): readonly Step[] => [
  delta({ content: 'a' }, finish),
  { pauseMs: 1_200 },
  delta({ content: 'bc' }, finish),
];
/** What an answer cost. */
export const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
/** A whole answer. */
export const completion = (more: object = {}, finish_reason: unknown = 'stop') => ({
  id: 'c',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'All of it.', ...more }, finish_reason }],
  usage,
});

/** More than a megabyte. */
export const LONG = 'word '.repeat(240_000);
