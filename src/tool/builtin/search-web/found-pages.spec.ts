import { foundPages } from './found-pages.js';
import type { FoundEntry } from './search-wire.js';

const entry = (url: string, more: Partial<FoundEntry> = {}): FoundEntry => ({
  url,
  title: 'A title',
  snippet: 'Some words',
  ...more,
});
const urls = (entries: readonly FoundEntry[], most = 20) => foundPages(entries, most).map(({ url }) => url);

describe('the pages that were found', () => {
  it.each([
    'ftp://example.org/',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'https://user:word@example.org/',
    'https://example.com@evil.example/',
    'not an address',
    '/relative',
    `https://example.org/${'x'.repeat(1_000)}`,
    `https://example.org/${'ü'.repeat(500)}`,
    '',
  ])('are of the web, not %s', (url) => {
    expect(urls([entry(url), entry('https://example.org/')])).toEqual(['https://example.org/']);
  });

  it.each([
    'http://example.org/a',
    'https://www.example.org/a',
    'https://EXAMPLE.org/a/',
    'https://example.org/a#part',
    'https://example.org/a?utm_source=x&fbclid=y',
  ])('are there once: %s', (url) => {
    expect(urls([entry('https://example.org/a'), entry(url)])).toEqual(['https://example.org/a']);
  });

  it('are told apart by what is behind the question mark, in any order', () => {
    const pages = [
      'https://example.org/?id=1&x=2',
      'https://example.org/?x=2&id=1',
      'https://example.org/?id=2',
    ];
    expect(urls(pages.map((url) => entry(url)))).toEqual([pages[0], pages[2]]);
  });

  it('have what another result says of the same page, where their own says nothing', () => {
    const pages = foundPages(
      [
        entry('https://example.org/a', { snippet: '' }),
        entry('https://example.net/'),
        entry('https://example.org/a/', { title: 'Another', published: '2026-01-02' }),
      ],
      2,
    );
    expect(pages[0]).toEqual({
      url: 'https://example.org/a',
      title: 'A title',
      snippet: 'Some words',
      publishedAt: '2026-01-02T00:00:00.000Z',
    });
  });

  it('are as many as were asked for, the best first', () => {
    const many = Array.from({ length: 30 }, (_, index) => entry(`https://example.org/${index}`));
    expect(urls(many, 3)).toEqual([
      'https://example.org/0',
      'https://example.org/1',
      'https://example.org/2',
    ]);
  });

  it('are called by their host where they have no title', () => {
    expect(foundPages([entry('https://example.org/a', { title: ' <b></b> ' })], 1)[0]?.title).toBe(
      'example.org',
    );
  });

  it.each([
    ['2026-03-04T05:06:07', '2026-03-04T05:06:07.000Z'],
    ['2026-03-04 05:06:07', '2026-03-04T05:06:07.000Z'],
    ['2026-03-04T05:06:07.123456+02:00', '2026-03-04T03:06:07.123Z'],
    ['2026-03-04', '2026-03-04T00:00:00.000Z'],
    ['Wed, 04 Mar 2026 05:06:07 GMT', '2026-03-04T05:06:07.000Z'],
    ['3 days ago', undefined],
    ['12', undefined],
    ['2026-99-99', undefined],
    ['', undefined],
  ])('say when they are from: %s', (published, publishedAt) => {
    expect(foundPages([entry('https://example.org/', { published })], 1)[0]?.publishedAt).toBe(publishedAt);
  });
});
