import { assertNever, type ErrorBody } from '../../kernel/index.js';
import type { Frame } from '../../stream/index.js';
import type { Wire } from '../wire-streams.js';

/** Writes named events about one message; the last one is `message-complete`, with the whole text, or `error`. */
export function namedEventsWire(messageId: string): Wire {
  const start = JSON.stringify({ messageId });
  const chunk = `${start.slice(0, -1)},"content":`;
  let fullContent = '';
  return {
    opening: [{ event: 'message-start', data: start }],
    frames(said) {
      switch (said.type) {
        case 'piece':
          fullContent += said.text;
          return [{ event: 'message-chunk', data: `${chunk}${JSON.stringify(said.text)},"done":false}` }];
        case 'done':
          return [{ event: 'message-complete', data: JSON.stringify({ messageId, fullContent }) }];
        case 'failed':
          return [errorFrame(said.error)];
        case 'reset':
        case 'tool':
          return [];
        default:
          return assertNever(said);
      }
    },
  };
}

function errorFrame({ message, code, retryable }: ErrorBody): Frame {
  return { event: 'error', data: JSON.stringify({ message, code, retryable }) };
}
