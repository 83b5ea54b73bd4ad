import { howServed } from './part-headers.js';

const served = (mediaType: string) => {
  const { type, disposition } = howServed(mediaType, 'id');
  return [type, disposition.split(';', 1)[0]];
};

describe('a content of strangers', () => {
  it.each([
    ['image/png', 'image/png'],
    ['IMAGE/JPEG', 'image/jpeg'],
    ['audio/mpeg', 'audio/mpeg'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/plain; charset=utf-7', 'text/plain; charset=utf-8'],
  ])('is shown where it is as %s, which runs nothing', (mediaType, type) => {
    expect(served(mediaType)).toEqual([type, 'inline']);
  });

  it.each([
    ['application/pdf', 'application/pdf'],
    ['text/csv', 'text/csv; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
  ])('is downloaded as %s', (mediaType, type) => {
    expect(served(mediaType)).toEqual([type, 'attachment']);
  });

  it.each([
    ...[
      'text/html',
      'image/svg+xml',
      'application/xhtml+xml',
      'text/xml',
      'application/xml',
      'text/javascript',
    ],
    ...[
      'application/javascript',
      'text/html;charset=utf-8',
      ' text/html',
      'image/png\r\nX-Other: 1',
      'text/css',
    ],
    ...['multipart/x-mixed-replace', 'message/rfc822', 'image/png, text/html', '', 'nothing'],
  ])('is downloaded as bytes where it calls itself %j', (mediaType) => {
    expect(served(mediaType)).toEqual(['application/octet-stream', 'attachment']);
  });

  it('runs and loads nothing, whatever it is taken for', () => {
    expect([...howServed('text/html', 'id').headers]).toEqual([
      ['Content-Security-Policy', "default-src 'none'; sandbox"],
      ['X-Content-Type-Options', 'nosniff'],
    ]);
  });
});
