import { plainText } from './plain-text.js';

describe('a fragment of a page as plain text', () => {
  it.each([
    ['tags', 'All <strong>about</strong> <a href="x">cats</a>', 'All about cats'],
    ['line breaks', 'one<br/>two</p><p>three', 'one two three'],
    ['a comment', 'a<!-- not shown -->b', 'ab'],
    ['a comparison', 'if a < b and c > d', 'if a < b and c > d'],
    ['a tag that does not end', 'text <strong', 'text <strong'],
    ['entities', 'Cats &amp; dogs&#x2026; &quot;why&quot; &#39;so&#39;', 'Cats & dogs… "why" \'so\''],
    ['a tag that the page shows', 'use &lt;div&gt;', 'use <div>'],
    ['an entity once', '&amp;lt;', '&lt;'],
    ['no entity', '&nosuch; &#9999999; &', '&nosuch; &#9999999; &'],
    ['blanks of all kinds', ' a\n\tb\u00a0c\u2028d\u0000e ', 'a b c d e'],
    ['what is not seen', 'a\u200bb\u202ec\u{e0041}d\ufeff', 'abcd'],
    ['half a character', 'a\ud800b', 'a\ufffdb'],
    ['an entity of half a character', 'a&#xd800;b', 'a\ufffdb'],
    ['an entity of a NUL', 'a&#0;b', 'a b'],
  ])('has %s as one reads it', (_name, fragment, text) => {
    expect(plainText(fragment, 100)).toBe(text);
  });

  it('is cut between characters', () => {
    expect(plainText('word '.repeat(100), 10)).toBe('word word…');
    expect(plainText('abc😀def', 5)).toBe('abc…');
    expect(plainText('abcde', 5)).toBe('abcde');
  });

  it('is made of very long ones without looking at all of them', () => {
    for (const piece of ['<', '<a ', '<!--', '&', '&#x', ' ', '<a>']) {
      expect(plainText(piece.repeat(1_000_000), 500).length).toBeLessThanOrEqual(500);
    }
  });
});
