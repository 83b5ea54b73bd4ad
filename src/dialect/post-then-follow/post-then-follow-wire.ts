import { assertNever } from '../../kernel/index.js';
import type { AnswerUpdate } from '../answer-updates.js';
import type { Wire } from '../wire-streams.js';

const DONE = { data: '{"type":"done"}' };

/** Writes `assistant_delta` for each piece, `error` if there is one, and `done`. */
export function postThenFollowWire(): Wire {
  return { opening: [], frames };
}

function frames(said: AnswerUpdate) {
  switch (said.type) {
    case 'piece':
      return [{ data: `{"type":"assistant_delta","content":${JSON.stringify(said.text)}}` }];
    case 'done':
      return [DONE];
    case 'failed':
      return [{ data: JSON.stringify({ type: 'error', ...said.error }) }, DONE];
    case 'reset':
    case 'tool':
      return [];
    default:
      return assertNever(said);
  }
}
