import { AppError } from '../../../kernel/index.js';
import { errorAnswer, formatErrorsAt, formatErrorsBelow } from './write.js';

const error = new AppError('RATE_LIMITED', 'Wait.', { retryAfter: 2.2 });
const OWN = { body: { own: 'RATE_LIMITED' }, headers: { 'x-own': 'yes' } };

function adapterWithFormat(): object {
  const adapter = {};
  formatErrorsBelow(adapter, '/v1', ({ code }) => ({ body: { own: code }, headers: { 'x-own': 'yes' } }));
  return adapter;
}

describe('the answer to a request that failed', () => {
  it.each(['/v1', '/v1/', '/v1/models', '/v1?x=1', '/v1/models?x=/', '/v1/no/such/thing'])(
    'is in the format that is registered for its path: %s',
    (url) => {
      const { body, headers } = errorAnswer(adapterWithFormat(), url, error);
      expect(body).toEqual(OWN.body);
      expect(headers).toMatchObject({ ...OWN.headers, 'retry-after': '3', 'cache-control': 'no-store' });
    },
  );

  it.each(['/', '', '/v10', '/v1x/models', '/chat/v1/models', '/chat?next=/v1/models', '/V1/models'])(
    'is in the catalogue’s everywhere else: %s',
    (url) => {
      const { body, headers } = errorAnswer(adapterWithFormat(), url, error);
      expect(body).toEqual(error.toBody());
      expect(headers).not.toHaveProperty('x-own');
    },
  );

  it('is in the format of its path alone, and not of those below it', () => {
    const adapter = adapterWithFormat();
    formatErrorsAt(adapter, '/mcp', ({ code }, origin) => ({ body: { code, origin }, headers: {} }));
    expect(errorAnswer(adapter, '/mcp?x=/', error, 'http://here').body).toEqual({
      ...{ code: 'RATE_LIMITED', origin: 'http://here' },
    });
    for (const url of ['/mcp/servers', '/mcp/', '/mcpx'])
      expect(errorAnswer(adapter, url, error).body).toEqual(error.toBody());
  });

  it('is in the catalogue’s in another application of the same process', () => {
    adapterWithFormat();
    expect(errorAnswer({}, '/v1/models', error).body).toEqual(error.toBody());
  });
});
