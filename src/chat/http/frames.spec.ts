import { Logger } from '@nestjs/common';
import { errorFrames } from './frames.js';

describe('the frame of a stream that breaks off', () => {
  const logged: unknown[] = [];
  beforeAll(() => Logger.overrideLogger({ log() {}, warn() {}, error: (line) => void logged.push(line) }));
  afterAll(() => Logger.overrideLogger(['log', 'error', 'warn']));

  it('tells a client to come back when the database was away, and quotes its request', () => {
    const lost = Object.assign(new Error('terminating connection'), { code: '57P02', severity: 'FATAL' });
    const [frame] = errorFrames(lost, 'request-1');
    expect(JSON.parse(frame!.data)).toMatchObject({
      type: 'error',
      data: { code: 'INTERNAL', retryable: true, details: { requestId: 'request-1' } },
    });
    expect(frame!.id).toBeUndefined();
  });

  it('says nothing of what nobody expected, but logs it', () => {
    const [frame] = errorFrames(new Error('a secret'), 'request-2');
    expect(frame!.data).not.toContain('a secret');
    expect(frame!.data).toContain('request-2');
    expect(logged).toContainEqual(new Error('a secret'));
  });
});
