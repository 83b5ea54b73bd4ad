import { pdfOf } from '../../../../test/doubles/pdf.js';
import { PAGE_THREAD } from '../../../../test/support/page-thread.js';
import { loopTurnsDuring } from '../../../../test/support/loop-turns.js';
import { PageProblem } from './page.js';
import { PageReader, type PageReaderOptions } from './page-reader.js';

const NEVER = new AbortController().signal;
const read = (
  body: string | Buffer,
  {
    kind = 'html',
    contentType = 'text/html',
    maxChars = 100_000,
    signal = NEVER,
    ...options
  }: Partial<PageReaderOptions> & {
    kind?: 'html' | 'pdf';
    contentType?: string;
    maxChars?: number;
    signal?: AbortSignal;
  } = {},
) =>
  new PageReader({ thread: PAGE_THREAD, timeoutMs: 60_000, ...options }).read(
    { kind, bytes: Buffer.from(body), contentType, url: 'https://example.org/a/b?c', maxChars },
    'somebody',
    signal,
  );

const SENTENCE = 'Foxes live on every continent but one, and are known to be clever, says <b>everybody</b>. ';
const PARAGRAPH = `<p>${SENTENCE.repeat(4)}</p>`;

describe('an HTML page', () => {
  it('is its article as Markdown, with its title and date, and without what is around it', async () => {
    const page = await read(`<!doctype html><html><head><title>Foxes</title>
      <meta property="article:published_time" content="2026-01-02T03:04:05Z"><script>alert(1)</script></head>
      <body><nav><a href="/">Home</a></nav><article><h1>Foxes</h1>${PARAGRAPH.repeat(5)}<h2>Food</h2>
      <p>They eat <a href="../c">mice</a>, <a href="javascript:x()">eggs</a> and <code>bread</code>.</p>
      <ul><li>one</li><li>two</li></ul><pre><code>let x = 1;\n  x += 1;</code></pre>
      <img src="/fox.png" alt="A fox"><img src="data:image/png;base64,AAAA"></article>
      <footer>All rights reserved</footer></body></html>`);
    expect(page).toMatchObject({ title: 'Foxes', date: '2026-01-02T03:04:05Z', isPartial: false });
    expect(page.text).toContain('says **everybody**');
    expect(page.text).toContain('## Food\n\nThey eat [mice](https://example.org/c), eggs and `bread`.');
    expect(page.text).toMatch(/-\s+one\n-\s+two/);
    expect(page.text).toContain('```\nlet x = 1;\n  x += 1;\n```');
    expect(page.text).toContain('![A fox](https://example.org/fox.png)');
    expect(page.text).not.toMatch(/alert|Home|rights|base64|javascript/);
  });

  it('is all of it where it has no article', async () => {
    const page = await read(`<title>List</title><base href="https://cdn.example.org/x/"><nav>menu</nav>
      <p>Two pages:</p><ul><li><a href="1">First</a><li><a href="2">Second</a></ul><div hidden>secret</div>
      <table><caption>Sizes</caption><tr><th>fox<th>cm<tr><td>red | <b>big</b><td>90</table>`);
    expect(page.title).toBe('List');
    expect(page.text).toContain('Two pages:');
    expect(page.text).toContain('[Second](https://cdn.example.org/x/2)');
    expect(page.text).toContain('Sizes\n\n| fox | cm |\n| --- | --- |\n| red \\| **big** | 90 |');
    expect(page.text).not.toMatch(/menu|secret/);
  });

  it.each([
    ['its Content-Type', 'text/html; charset=iso-8859-1', '<p>Gr\u00fc\u00dfe</p>', 'latin1'],
    ['a meta element', 'text/html', '<meta charset="windows-1251"><p>\u00cf\u00f0\u00e8</p>', 'latin1'],
    ['nothing, in UTF-8', 'text/html', '<p>Grüße</p>', 'utf8'],
    ['nothing, not in UTF-8', 'text/html', '<p>Gr\u00fc\u00dfe</p>', 'latin1'],
    ['a byte order mark', 'text/html; charset=iso-8859-1', '\ufeff<p>Grüße</p>', 'utf16le'],
    ['an encoding that there is not', 'text/html; charset=x-none', '<p>Grüße</p>', 'utf8'],
  ] as const)('is decoded by %s', async (_name, contentType, text, encoding) => {
    const { text: read_ } = await read(Buffer.from(text, encoding), { contentType });
    expect(read_).toBe(contentType === 'text/html' && text.includes('1251') ? 'При' : 'Grüße');
  });

  it.each([
    '',
    'just words',
    '<',
    '<p',
    '<html>',
    '<!--',
    '<table><tr><td>',
    '\0\0',
    '</p></div>x',
    '<svg><path/></svg>',
  ])('may be %j', async (html) => {
    expect(typeof (await read(html)).text).toBe('string');
  });

  it('is cut, and says so', async () => {
    const page = await read(`<article>${PARAGRAPH.repeat(200)}</article>`, { maxChars: 1_000 });
    expect(page.text).toHaveLength(1_001);
  });

  it('is refused where it is nested too deeply', async () => {
    const deep = '<div>'.repeat(20_000);
    await expect(read(deep)).rejects.toEqual(new PageProblem('The page is nested too deeply to be read.'));
  });

  it('that takes too long is given up, while the server goes on', async () => {
    const slow = `<article>${PARAGRAPH.repeat(8_000)}</article>`;
    let outcome: unknown;
    const turns = await loopTurnsDuring(async () => {
      outcome = await read(slow, { timeoutMs: 500 }).catch((error: unknown) => error);
    });
    expect(outcome).toEqual(new PageProblem('Reading the page took too long.'));
    expect(turns).toBeGreaterThan(10);
  });

  it('that takes too much memory is given up', async () => {
    const large = '<p a=b>x'.repeat(300_000);
    await expect(read(large, { maxMemoryMb: 32 })).rejects.toEqual(
      new PageProblem('The page takes too much memory to be read.'),
    );
  });

  it('is left when the signal aborts', async () => {
    const reason = new Error('stopped');
    const controller = new AbortController();
    const slow = `<article>${PARAGRAPH.repeat(8_000)}</article>`;
    const ended = expect(read(slow, { signal: controller.signal })).rejects.toBe(reason);
    setTimeout(() => controller.abort(reason), 300);
    await ended;
    await expect(read('x', { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('a PDF', () => {
  const pdf = { kind: 'pdf' } as const;

  it('is the text of its pages, with its title and date', async () => {
    expect(await read(pdfOf(['First page', 'Second \\(page\\)']), pdf)).toEqual({
      title: 'A report',
      date: '2026-01-02',
      text: '[Page 1 of 2]\n\nFirst page\n\n[Page 2 of 2]\n\nSecond (page)',
      isPartial: false,
    });
  });

  it('is read as far as there is room', async () => {
    const page = await read(pdfOf(Array<string>(50).fill('x'.repeat(100))), { ...pdf, maxChars: 250 });
    expect(page.text).toHaveLength(251);
    expect(page.isPartial).toBe(true);
  });

  it.each([
    ['has no text', pdfOf(['']), 'The PDF has no text: its pages are images.'],
    ['is protected', pdfOf(['secret'], { encrypt: true }), 'The PDF is protected by a password.'],
    ['is none', Buffer.from('%PDF-1.7 and no more'), 'The PDF is damaged, and cannot be read.'],
  ])('that %s is refused in words', async (_name, body, words) => {
    await expect(read(body, pdf)).rejects.toEqual(new PageProblem(words));
  });

  it('that unpacks to more than there is room for is given up', async () => {
    const bomb = pdfOf([' '.repeat(150_000_000)], { isRaw: true });
    expect(bomb.length).toBeLessThan(1_000_000);
    const outcome: unknown = await read(bomb, { ...pdf, maxMemoryMb: 64 }).catch((error: unknown) => error);
    expect(outcome).toEqual(new PageProblem('The page takes too much memory to be read.'));
  });
});
