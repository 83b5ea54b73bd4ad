import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { callOf, describeTool } from '../../../../test/contracts/tool.contract.js';
import { pdfOf } from '../../../../test/doubles/pdf.js';
import { startWebsite, type Page, type Website } from '../../../../test/doubles/website.js';
import { PAGE_THREAD } from '../../../../test/support/page-thread.js';
import { EgressAllow } from '../../../platform/egress/index.js';
import { PageReader } from './page-reader.js';
import { ScrapeWebContent, type ScrapeParts } from './scrape-web-content.js';

const reader = new PageReader({ thread: PAGE_THREAD, timeoutMs: 60_000 });
const toolWith = (parts: ScrapeParts = {}, respectsRobots = true, allow = ['127.0.0.1']) =>
  new ScrapeWebContent(
    { allow: new EgressAllow(allow), respectsRobots, version: '1.2.3' },
    { reader, ...parts },
  );

/** In its bytes. */
const EURO = '<?xml version="1.0" encoding="windows-1252"?><a>\x80</a>';

let website: Website;

beforeAll(async () => {
  website = await startWebsite();
  website.serve({
    '/': '<title>Foxes</title><p>Foxes are clever.</p>',
    '/hang': (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).write('<p>wait'),
  });
});
afterAll(() => website.close());

describeTool('scrape_web_content', () => ({
  tool: toolWith(),
  succeeds: { url: `${website.url}/` },
  fails: { url: `${website.url}/missing` },
  hangs: { url: `${website.url}/hang` },
}));

describe('reading a web page', () => {
  let site: Website;
  const textOf = async (path: string, tool = toolWith()) => {
    const { output } = await callOf(tool, { url: site.url + path });
    const [part] = output.parts;
    return [output.ok, part?.type === 'text' ? part.text : ''] as const;
  };

  beforeEach(async () => {
    site = await startWebsite();
  });
  afterEach(() => site.close());

  it('gives title, address and date first, then the content', async () => {
    site.serve({
      '/old': { status: 301, headers: { location: '/new' } },
      '/new': {
        headers: { 'last-modified': 'Thu, 01 Jan 2026 10:00:00 GMT' },
        body: '<title>A\n title\u{e0041}\u0007</title><p>One.</p><p>Two.</p>',
      },
    });
    expect(await textOf('/old#two')).toEqual([
      true,
      `Title: A title\nURL: ${site.url}/new#two\nDate: 2026-01-01T10:00:00.000Z\n\nOne.\n\nTwo.`,
    ]);
    expect(site.requests.map(({ path, headers }) => [path, headers['user-agent']])).toEqual([
      ['/robots.txt', 'Threadline/1.2.3'],
      ['/old', 'Threadline/1.2.3'],
      ['/new', 'Threadline/1.2.3'],
    ]);
  });

  it('tells how far it has come', async () => {
    site.serve({ '/': '<p>x' });
    const { progress } = await callOf(toolWith(), { url: ` ${site.url}/ ` });
    expect(progress.map(({ message }) => message)).toEqual(['Fetching the page', 'Reading the page']);
  });

  it.each<[string, string, string | Buffer, string]>([
    ['JSON', 'application/json', '{ "a": [1, 2] }', '{ "a": [1, 2] }'],
    ['text', 'text/plain; charset=iso-8859-1', Buffer.from('Gr\u00fc\u00dfe <b>', 'latin1'), 'Grüße <b>'],
    ['CSV', 'text/csv', 'a,b\r\n1,2\r\n', 'a,b\n1,2'],
    ['XML', 'application/rss+xml', Buffer.from(EURO, 'latin1'), '<a>€</a>'],
    ['a PDF', 'application/pdf', pdfOf(['Hello']), '[Page 1 of 1]\n\nHello'],
  ])('gives %s', async (_name, type, body, text) => {
    site.serve({ '/': { headers: { 'content-type': type }, body } });
    const [ok, given] = await textOf('/');
    expect([ok, given]).toEqual([true, expect.stringContaining(text)]);
  });

  it.each<[string, Buffer, string]>([
    ['HTML', Buffer.from('<!doctype html><p>a <b>b</b>'), 'a **b**'],
    ['a PDF', pdfOf(['Hello']), 'Hello'],
    ['text', Buffer.from('a < b'), 'a < b'],
  ])('sees %s where the server does not say what it is', async (_name, body, text) => {
    site.serve({ '/': (_, response) => response.end(body) });
    expect(await textOf('/')).toEqual([true, expect.stringContaining(text)]);
  });

  it.each<[string, Page, string]>([
    ['an error', { status: 500, body: 'x' }, 'The server answered with status 500 (Internal Server Error).'],
    ['a strange status', { status: 299 }, 'The page is empty.'],
    [
      'an image',
      { headers: { 'content-type': 'image/png' }, body: 'x' },
      'The address leads to image/png, which cannot be read here.',
    ],
    [
      'no words for what it is',
      (_, response) => response.end('\0\0'),
      'The server does not say what it sends, and it is no text.',
    ],
    ['nothing', '', 'The page is empty.'],
    [
      'scripts alone',
      '<body><script>go()</script><div id=app></div>',
      'The page has no text, unless its scripts are run.',
    ],
    [
      'a broken PDF',
      { headers: { 'content-type': 'application/pdf' }, body: '%PDF-' },
      'The PDF is damaged, and cannot be read.',
    ],
    [
      'a PDF that is too large',
      { headers: { 'content-type': 'application/pdf' }, body: Buffer.alloc(10_000_001) },
      'The PDF is larger than 10 MB, which is the most that is read.',
    ],
    [
      'a body that breaks off',
      (_, response) => {
        response
          .writeHead(200, { 'content-type': 'text/html', 'content-length': '9' })
          .write('x', () => response.destroy());
      },
      'The connection to the server failed or broke off.',
    ],
    [
      'a redirect to metadata',
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      'The address is not public.',
    ],
    [
      'redirects without end',
      { status: 302, headers: { location: '/' } },
      'The server redirects more than 5 times.',
    ],
  ])('says so when it gets %s', async (_name, page, words) => {
    site.serve({ '/': page });
    expect(await textOf('/')).toEqual([false, words]);
  });

  it.each([
    ['ftp://example.org/', 'Only http and https addresses are fetched.'],
    ['example.org', 'The address is malformed. Give a whole one that begins with https:// or http://.'],
    ['http://127.0.0.1:5432/', 'The address has a port that is not for websites.'],
    ['http://localhost/', 'The address is not public.'],
  ])('does not fetch %s', async (url, text) => {
    const { output } = await callOf(toolWith(), { url });
    expect(output).toEqual({ ok: false, parts: [{ type: 'text', text }] });
  });

  it('does not fetch what is not public, nor its robots.txt', async () => {
    expect(await textOf('/', toolWith({}, true, []))).toEqual([false, 'The address is not public.']);
    expect(site.connections.total).toBe(0);
  });

  it('says so when the server hangs', async () => {
    site.serve({ '/': () => undefined });
    expect(await textOf('/', toolWith({ fetching: { timeoutMs: 300 } }))).toEqual([
      false,
      'The server did not answer within 0.3 seconds.',
    ]);
  });

  it('closes the connection when it is stopped', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    site.serve({ '/': () => controller.abort(reason) });
    await expect(callOf(toolWith(), { url: site.url }, controller.signal)).rejects.toBe(reason);
    while (site.sockets.size > 0) await pause(5);
  });

  it.each<[string, string, string]>([
    ['text', 'text/plain', 'wörd '.repeat(400_000)],
    ['HTML', 'text/html', '<p>wörd '.repeat(50_000)],
    ['what is longer than is fetched', 'text/plain', 'wörd '.repeat(2_000_000)],
  ])('cuts %s that is too long, and says so', async (_name, type, text) => {
    site.serve({
      '/': { headers: { 'content-type': type, 'content-encoding': 'gzip' }, body: gzipSync(text) },
    });
    const { maxResultChars } = toolWith().definition.limits;
    const [ok, given] = await textOf('/');
    expect(ok).toBe(true);
    expect(given).toMatch(/\n\n\[The page is longer: only its first \d{6} characters are given\.\]$/);
    expect(given.length).toBeLessThanOrEqual(maxResultChars);
    expect(given.length).toBeGreaterThan(maxResultChars - 2_000);
    expect(given).not.toContain('\ufffd');
  });

  it('gives nothing of a page that unpacks to much and says nothing', async () => {
    const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' };
    site.serve({ '/': { headers, body: gzipSync(Buffer.alloc(20_000_000)) } });
    expect(await textOf('/')).toEqual([
      false,
      'The page is too long, and what was fetched of it has no text.',
    ]);
  });

  it('leaves alone what robots.txt refuses, also behind a redirect to another site', async () => {
    const other = await startWebsite();
    other.serve({ '/robots.txt': 'User-agent: Threadline\nDisallow: /private', '/private': 'secret' });
    site.serve({ '/': { status: 302, headers: { location: `${other.url}/private` } } });
    const refused = 'The site does not let programs fetch this page: its robots.txt refuses it.';
    expect(await textOf('/')).toEqual([false, refused]);
    expect(other.requests.map(({ path }) => path)).toEqual(['/robots.txt']);

    expect(await textOf('/', toolWith({}, false))).toEqual([true, expect.stringContaining('secret')]);
    await other.close();
  });

  it('asks for robots.txt once for several pages of a site', async () => {
    site.serve({ '/robots.txt': 'User-agent: *\nDisallow: /private', '/1': 'one', '/2': 'two' });
    const tool = toolWith();
    await textOf('/1', tool);
    await textOf('/2', tool);
    expect(site.requests.map(({ path }) => path)).toEqual(['/robots.txt', '/1', '/2']);
  });
});
