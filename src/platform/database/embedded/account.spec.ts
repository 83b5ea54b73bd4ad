import { parseId, passes } from './account.js';

describe('a number that id prints', () => {
  it.each([
    ['101\n', 101],
    ['65534', 65534],
    ['4294967294\n', -2],
    ['-2', -2],
    ['', undefined],
    ['postgres', undefined],
  ])('reads %j', (text, number) => {
    expect(parseId(text)).toBe(number);
  });
});

describe('what an account may do', () => {
  it('is asked of the system', async () => {
    expect(
      await passes(undefined, [
        ['-x', '/'],
        ['-r', '/bin/sh'],
      ]),
    ).toBe(true);
    expect(
      await passes(undefined, [
        ['-x', '/'],
        ['-r', '/no/such/file'],
      ]),
    ).toBe(false);
  });
});
