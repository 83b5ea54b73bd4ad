import { foreignNames } from './foreign-names.js';

const hashOf = (text: string) => `h${text.length}`.padEnd(8, '0');
const named = (server: string, ...names: readonly string[]) => [...foreignNames(server, names, hashOf)];

describe('what models call the tools of a server', () => {
  it('is the server’s name and the tool’s own', () => {
    expect(named('files', 'read', 'write-all', 'a_b')).toEqual([
      ['read', 'files__read'],
      ['write-all', 'files__write-all'],
      ['a_b', 'files__a_b'],
    ]);
  });

  it('has a hash behind it where it was cut', () => {
    const long = 'x'.repeat(80);
    const [[own, called]] = named('files', long) as [[string, string]];
    expect([own, called.length]).toEqual([long, 64]);
    expect(called).toMatch(/^files__x+_h8000000$/);
    expect(named('files', 'x'.repeat(57))).toEqual([['x'.repeat(57), `files__${'x'.repeat(57)}`]]);
  });

  it('has one where it has characters that models do not take, and is no other tool’s', () => {
    expect(named('files', 'a b', 'a_b', 'a.b!')).toEqual([
      ['a b', 'files__a_b_h3000000'],
      ['a_b', 'files__a_b'],
      ['a.b!', 'files__a_b__h4000000'],
    ]);
    expect(named('files', '', 'ä')).toEqual([
      ['', 'files___h0000000'],
      ['ä', 'files____h1000000'],
    ]);
  });

  it('is there once, whatever the server says', () => {
    expect(named('files', 'read', 'read')).toEqual([['read', 'files__read']]);
    // A server that has made its names so that they collide.
    expect(named('files', 'a b', 'a_b_h3000000')).toEqual([['a_b_h3000000', 'files__a_b_h3000000']]);
  });

  it('is within what all wires take', () => {
    const names = ['x'.repeat(500), '😀'.repeat(100), '../../etc', 'a\nb', ' '];
    for (const [, called] of named('s'.repeat(32), ...names)) expect(called).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });
});
