import { mayPass } from './connect.js';

describe('a failed attempt to connect', () => {
  it.each(['ENOENT', 'ECONNREFUSED', '57P03', '53300'])('is repeated after %s', (code) => {
    expect(mayPass(Object.assign(new Error('no'), { code }))).toBe(true);
  });

  it('is repeated when the session broke or took too long', () => {
    expect(mayPass(new Error('timeout expired'))).toBe(true);
  });

  it.each(['EACCES', '28000', '3D000'])('is final after %s', (code) => {
    expect(mayPass(Object.assign(new Error('no'), { code }))).toBe(false);
  });
});
