import { randomBytes } from 'node:crypto';
import { Sealer } from './sealer.js';

describe('what is sealed', () => {
  const [key, former] = [randomBytes(32), randomBytes(32)];
  const sealer = new Sealer([key]);

  it.each(['', 'a token', 'ünïcode 😀', 'x'.repeat(100_000)])('is read again as it was: %.12s', (text) => {
    const sealed = sealer.seal(text, 'here');
    expect(sealed).toMatch(/^v1\.[\w-]{8}\.[\w-]+$/);
    expect(sealer.open(sealed, 'here')).toBe(text);
  });

  it('looks different each time, and does not show what is in it', () => {
    const [one, two] = [sealer.seal('a token', 'here'), sealer.seal('a token', 'here')];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.split('.')[2]!, 'base64url').toString()).not.toContain('token');
  });

  it('is of no use in another place, changed, cut, or under another key', () => {
    const sealed = sealer.seal('a token', 'here');
    expect(sealer.open(sealed, 'there')).toBeUndefined();
    expect(new Sealer([former]).open(sealed, 'here')).toBeUndefined();
    const [format, id, encoded] = sealed.split('.') as [string, string, string];
    const bytes = Buffer.from(encoded, 'base64url');
    for (const at of [0, 13, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(sealer.open(`${format}.${id}.${changed.toString('base64url')}`, 'here')).toBeUndefined();
    }
    for (const broken of ['', 'v1', `v1.${id}.`, `v1.${id}.${encoded.slice(0, 8)}`, `v2.${id}.${encoded}`])
      expect(sealer.open(broken, 'here')).toBeUndefined();
  });

  it('stays readable when a new key comes before the old one', () => {
    const before = new Sealer([former]).seal('a token', 'here');
    const rotated = new Sealer([key, former]);
    expect(rotated.open(before, 'here')).toBe('a token');
    const after = rotated.seal('a token', 'here');
    expect(sealer.open(after, 'here')).toBe('a token');
    expect(new Sealer([former]).open(after, 'here')).toBeUndefined();
  });

  it('needs a key', () => {
    expect(new Sealer([]).isAvailable).toBe(false);
    expect(() => new Sealer([]).seal('a token', 'here')).toThrow('SECRETS_KEY');
  });
});
