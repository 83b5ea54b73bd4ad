import { OpenStreams } from './open-streams.js';

const ada = { org: 'acme', id: 'ada' };

describe('open streams', () => {
  it('are limited for each user', () => {
    const streams = new OpenStreams({ MAX_STREAMS_PER_USER: 2 });
    streams.open(ada);
    streams.open(ada);
    expect(() => streams.open(ada)).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', retryAfter: 5, details: { limit: 2 } }),
    );
    expect(() => streams.open({ ...ada, org: 'other' })).not.toThrow();
    expect(() => streams.open({ ...ada, id: 'bob' })).not.toThrow();
  });

  it('make room when they close, each once', () => {
    const streams = new OpenStreams({ MAX_STREAMS_PER_USER: 2 });
    const close = streams.open(ada);
    streams.open(ada);
    close();
    close();
    streams.open(ada);
    expect(() => streams.open(ada)).toThrow();
  });

  it('leave nothing behind of users who have none', () => {
    const streams = new OpenStreams({ MAX_STREAMS_PER_USER: 2 });
    const closes = [streams.open(ada), streams.open(ada)];
    expect(streams.users).toBe(1);
    closes.forEach((close) => close());
    expect(streams.users).toBe(0);
  });
});
