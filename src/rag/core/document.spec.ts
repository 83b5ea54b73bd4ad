import { contentTypeFrom } from './document.js';

describe('contentTypeFrom', () => {
  it.each([
    ['text/plain', 'text/plain'],
    ['Text/Markdown', 'text/markdown'],
    ['text/x-markdown', 'text/markdown'],
    ['text/plain; charset=UTF-8', 'text/plain'],
    ['text/markdown;variant=GFM;charset="utf-8"', 'text/markdown'],
  ])('takes %s as %s', (mediaType, contentType) => {
    expect(contentTypeFrom(mediaType)).toBe(contentType);
  });

  it.each(['application/pdf', 'text/html', '', 'text', 'text/plain; charset=iso-8859-1'])(
    'does not take %s',
    (mediaType) => {
      expect(contentTypeFrom(mediaType)).toBeUndefined();
    },
  );
});
