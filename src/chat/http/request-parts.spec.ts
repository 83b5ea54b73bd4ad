import { resumeAfter } from './request-parts.js';

describe('where a client resumes', () => {
  it('is the id in Last-Event-ID before the one in the address, which a reconnecting EventSource repeats', () => {
    expect(resumeAfter('12', '3')).toBe(12);
    expect(resumeAfter(undefined, '3')).toBe(3);
    expect(resumeAfter('', '3')).toBe(3);
  });

  it('is nowhere in particular when neither is given', () => {
    expect(resumeAfter(undefined, undefined)).toBeUndefined();
  });

  it.each(['-1', '1.5', 'abc', '1e3', '9'.repeat(16), ['1', '2'], {}])(
    'is refused when it is %j',
    (value) => {
      expect(() => resumeAfter(undefined, value)).toThrow(
        expect.objectContaining({ code: 'INVALID_CURSOR' }),
      );
    },
  );
});
