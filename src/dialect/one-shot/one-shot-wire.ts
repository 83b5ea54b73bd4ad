import { assertNever } from '../../kernel/index.js';
import type { AnswerUpdate } from '../answer-updates.js';
import type { Wire } from '../wire-streams.js';

const DONE = { data: '[DONE]' };

/** Writes `data: {"content":"…"}` for each piece, then the finish reason or the error, then `data: [DONE]`. */
export function oneShotWire(): Wire {
  return { opening: [], frames };
}

function frames(said: AnswerUpdate) {
  switch (said.type) {
    case 'piece':
      return [{ data: `{"content":${JSON.stringify(said.text)}}` }];
    case 'done':
      return [{ data: JSON.stringify({ finishReason: said.finishReason }) }, DONE];
    case 'failed':
      return [{ data: JSON.stringify({ error: said.error }) }, DONE];
    case 'reset':
    case 'tool':
      return [];
    default:
      return assertNever(said);
  }
}
