import { SignJWT } from 'jose';
import type { Config } from '../config/index.js';
import { TokenVerifier } from './token-verifier.js';

const SECRET = 'a secret of thirty-two characters';
const verifier = () => new TokenVerifier({ jwtSecret: SECRET, JWT_SECRET: SECRET } as Config);
const tokenOf = (secret = SECRET, expires: string | Date = '1h') =>
  new SignJWT({ org: 'acme' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('alice')
    .setExpirationTime(expires)
    .sign(Buffer.from(secret));

describe('a verifier of tokens', () => {
  afterEach(() => jest.restoreAllMocks());

  it('verifies the signature of a token once', async () => {
    const token = await tokenOf();
    const verify = jest.spyOn(crypto.subtle, 'verify');
    const tokens = verifier();
    const claims = await tokens.verify(token);
    expect(await tokens.verify(token)).toEqual(claims);
    expect(verify).toHaveBeenCalledTimes(1);

    await tokens.verify(await tokenOf(SECRET, '2h'));
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('verifies a token that it has refused each time', async () => {
    const token = await tokenOf('another secret, as long as the first');
    const verify = jest.spyOn(crypto.subtle, 'verify');
    const tokens = verifier();
    for (let time = 0; time < 3; time += 1)
      await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(verify).toHaveBeenCalledTimes(3);
  });

  it('refuses one that has expired since it was verified', async () => {
    const token = await tokenOf();
    const tokens = verifier();
    await tokens.verify(token);
    const later = Date.now() + 3_606_000;
    // The library reads the time from new dates.
    jest.useFakeTimers({ now: later, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    try {
      await expect(tokens.verify(token)).rejects.toThrow(/has expired/);
    } finally {
      jest.useRealTimers();
    }
  });
});
