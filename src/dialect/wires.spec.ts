import { oneShotWire } from './one-shot/one-shot-wire.js';
import { postThenFollowWire } from './post-then-follow/post-then-follow-wire.js';
import type { AnswerUpdate } from './answer-updates.js';
import { namedEventsWire } from './named-events/named-events-wire.js';
import type { Wire } from './wire-streams.js';

const said: readonly AnswerUpdate[] = [
  { type: 'piece', text: 'Say "hi"\n' },
  { type: 'piece', text: '東京' },
  { type: 'done', finishReason: 'length' },
];
const failed: AnswerUpdate = {
  type: 'failed',
  error: { error: 'Bad Gateway', message: 'It broke.', code: 'PROVIDER_ERROR', retryable: true, details: {} },
};
const lines = (wire: Wire, ...all: readonly AnswerUpdate[]) =>
  [...wire.opening, ...all.flatMap((one) => wire.frames(one))].map(({ event, data }) =>
    event === undefined ? data : `${event} ${data}`,
  );

const FAILURE =
  '"error":"Bad Gateway","message":"It broke.","code":"PROVIDER_ERROR","retryable":true,"details":{}';

describe('the wires of other systems', () => {
  it('of /chat are contents, a reason and [DONE]', () => {
    expect(lines(oneShotWire(), ...said)).toEqual([
      '{"content":"Say \\"hi\\"\\n"}',
      '{"content":"東京"}',
      '{"finishReason":"length"}',
      '[DONE]',
    ]);
    expect(lines(oneShotWire(), failed)).toEqual([`{"error":{${FAILURE}}}`, '[DONE]']);
  });

  it('of /api/chat/stream are deltas and done', () => {
    expect(lines(postThenFollowWire(), ...said)).toEqual([
      '{"type":"assistant_delta","content":"Say \\"hi\\"\\n"}',
      '{"type":"assistant_delta","content":"東京"}',
      '{"type":"done"}',
    ]);
    expect(lines(postThenFollowWire(), failed)).toEqual([`{"type":"error",${FAILURE}}`, '{"type":"done"}']);
  });

  it('of /api/stream are named events about one message', () => {
    expect(lines(namedEventsWire('m'), ...said)).toEqual([
      'message-start {"messageId":"m"}',
      'message-chunk {"messageId":"m","content":"Say \\"hi\\"\\n","done":false}',
      'message-chunk {"messageId":"m","content":"東京","done":false}',
      'message-complete {"messageId":"m","fullContent":"Say \\"hi\\"\\n東京"}',
    ]);
    expect(lines(namedEventsWire('m'), failed)).toEqual([
      'message-start {"messageId":"m"}',
      'error {"message":"It broke.","code":"PROVIDER_ERROR","retryable":true}',
    ]);
  });
});
