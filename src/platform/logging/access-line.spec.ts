import { accessLine } from './access-line.js';

const served = (url: string, user?: { id: string }) => ({
  request: { id: 'r', method: 'GET', url, user },
  reply: { statusCode: 200, elapsedTime: 1.2345 },
});

describe('the line of a request', () => {
  it('says who asked for what, how it went and how long it took', () => {
    expect(accessLine(served('/chat/threads', { id: 'ada' }))).toEqual({
      requestId: 'r',
      method: 'GET',
      path: '/chat/threads',
      status: 200,
      durationMs: 1.2,
      userId: 'ada',
    });
  });

  it('has no query string', () => {
    expect(JSON.stringify(accessLine(served('/stream?ticket=sesame')))).not.toContain('sesame');
  });

  it('is never long', () => {
    expect(accessLine(served(`/${'a'.repeat(10_000)}`))?.path).toHaveLength(257);
  });

  it.each(['/health', '/health/live', '/health?x', '/metrics'])('is left out for %s', (url) => {
    expect(accessLine(served(url))).toBeUndefined();
  });

  it('is not left out for what only begins like a probe', () => {
    expect(accessLine(served('/healthy'))).toBeDefined();
  });
});
