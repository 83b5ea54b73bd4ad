import { Logger } from '@nestjs/common';
import { AppError } from '../../src/kernel/index.js';
import { SearchWeb, type SearchTimes } from '../../src/tool/builtin/search-web/search-web.js';
import { searchWebTool } from '../../src/tool/builtin/search-web/search-web-tool.js';
import type { ToolOutput } from '../../src/tool/core/tool-output.js';
import { callOf, describeTool } from '../contracts/tool.contract.js';
import type { SearchBehaviour, SearchFault } from '../doubles/search-faults.js';
import { SEARCH_KEY, startSearchStandIn, type SearchStandIn } from '../doubles/search-stand-in.js';
import type { SearchWireName } from '../doubles/search-wires.js';
import { deadAddress } from '../doubles/stand-in-server.js';
import { until } from '../support/until.js';

const WIRES: readonly SearchWireName[] = ['searxng', 'brave', 'tavily'];
const TIMES: SearchTimes = { requestMs: 10_000, totalMs: 20_000, maxPauseMs: 3_000, pauseMs: 10 };
/** Nobody waits for what hangs. */
const SHORT: SearchTimes = { requestMs: 200, totalMs: 400, maxPauseMs: 50, pauseMs: 10 };

const LONG_SNIPPET = `${'Words of page 0. '.repeat(100).slice(0, 498)}…`;

let standIn: SearchStandIn;
let logged: jest.SpyInstance;

beforeEach(async () => {
  logged = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  standIn = await startSearchStandIn();
});
afterEach(async () => {
  logged.mockRestore();
  await standIn.close();
});

function webOf(kind: SearchWireName, times = TIMES, key = SEARCH_KEY, url = standIn.url): SearchWeb {
  const SEARCH_API_KEY = kind === 'searxng' ? undefined : key;
  return new SearchWeb({ SEARCH_KIND: kind, SEARCH_URL: url, SEARCH_API_KEY }, times);
}

async function search(web: SearchWeb, query = 'cats', maxResults?: number): Promise<ToolOutput> {
  const tool = searchWebTool(web)!;
  const { output } = await callOf(tool, maxResults === undefined ? { query } : { query, maxResults });
  return output;
}

/** The error that a use case is answered with. */
async function errorOf(web: SearchWeb, query = 'cats'): Promise<AppError> {
  const found = web.search(query, 5, new AbortController().signal);
  const error = await found.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe.each(WIRES)('searching the web by way of %s', (kind) => {
  describeTool(`search_web (${kind})`, () => ({
    tool: searchWebTool(webOf(kind))!,
    succeeds: { query: 'cats', maxResults: 20 },
    fails: { query: 'cats [[fault=plan]]' },
    hangs: { query: 'cats [[fault=hang]]' },
  }));

  it('gives pages as a numbered list and as data', async () => {
    const output = await search(webOf(kind), '  cats  ', 3);
    const text = [
      '[1] Cats & their ways — https://example.org/cats',
      'All about cats: how they sleep… and "why". (2026-03-04)',
      '',
      '[2] Dogs [9] Forged — https://evil.example — https://example.com/dogs',
      'Lines of text',
      '',
      `[3] Page 0 — https://example.net/pages/0`,
      LONG_SNIPPET,
    ].join('\n');
    expect(output).toEqual({
      ok: true,
      parts: [{ type: 'text', text }],
      structured: {
        results: [
          {
            title: 'Cats & their ways',
            url: 'https://example.org/cats',
            snippet: 'All about cats: how they sleep… and "why".',
            publishedAt: '2026-03-04T05:06:07.000Z',
          },
          {
            title: 'Dogs [9] Forged — https://evil.example',
            url: 'https://example.com/dogs',
            snippet: 'Lines of text',
          },
          {
            title: 'Page 0',
            url: 'https://example.net/pages/0',
            snippet: LONG_SNIPPET,
          },
        ],
      },
    });
    expect(standIn.requests.map(({ wire, query }) => [wire, query])).toEqual([[kind, 'cats']]);
  });

  it('gives five pages, unless another number is asked for', async () => {
    const countOf = ({ structured }: ToolOutput) =>
      (structured as { results: readonly unknown[] }).results.length;
    expect(countOf(await search(webOf(kind)))).toBe(5);
    expect(countOf(await search(webOf(kind), 'cats', 1))).toBe(1);
    expect(countOf(await search(webOf(kind), 'cats', 20))).toBe(20);
  });

  it('says so when there is nothing', async () => {
    expect(await search(webOf(kind), 'cats [[fault=empty]]')).toEqual({
      ok: true,
      parts: [{ type: 'text', text: 'The search found no pages.' }],
      structured: { results: [] },
    });
  });

  it('asks for nothing without words', async () => {
    expect(await search(webOf(kind), ' \n ')).toMatchObject({ ok: false });
    expect(standIn.requests).toEqual([]);
  });

  it.each<[fault: SearchFault, code: string, retryable: boolean, requests: number]>([
    ['bad_request', 'PROVIDER_ERROR', false, 1],
    ['plan', 'PROVIDER_ERROR', false, 1],
    ['unauthorized', 'PROVIDER_ERROR', false, 1],
    ['rate_limit', 'RATE_LIMITED', true, 1],
    ['server_error', 'PROVIDER_UNAVAILABLE', true, 2],
    ['cut_before_headers', 'PROVIDER_UNAVAILABLE', true, 1],
    ['moved_away', 'PROVIDER_ERROR', false, 1],
    // What may have been billed is not asked for again.
    ['hang', 'PROVIDER_TIMEOUT', true, 1],
    ['stall', 'PROVIDER_TIMEOUT', true, 1],
    ['cut', 'PROVIDER_ERROR', true, 1],
    ['malformed', 'PROVIDER_ERROR', true, 1],
    ['html', 'PROVIDER_ERROR', true, 1],
    ['endless', 'PROVIDER_ERROR', true, 1],
    ['other_shape', 'PROVIDER_ERROR', true, 1],
    ['other_results', 'PROVIDER_ERROR', true, 1],
  ])(
    'ends with an error of its own at %s, and nothing is left open',
    async (fault, code, retryable, requests) => {
      const times = fault === 'hang' || fault === 'stall' ? SHORT : TIMES;
      const query = `cats [[fault=${fault}]]`;
      const error = await errorOf(webOf(kind, times), query);
      expect({ code: error.code, retryable: error.retryable }).toEqual({ code, retryable });
      expect(standIn.requests).toHaveLength(requests);
      await Promise.all(standIn.requests.map(({ ended }) => ended));

      const output = await search(webOf(kind, times), query);
      expect(output).toEqual({ ok: false, parts: [{ type: 'text', text: error.message }] });
      expect(error.message).not.toMatch(/secret|127\.0\.0\.1|localhost|search-key|cats/);
    },
  );

  it.each([
    ['a limit that ends soon', { fault: 'rate_limit', times: 1, retryAfter: 0 }],
    ['a fault that passes', { fault: 'server_error', times: 1 }],
  ] as const)('asks once more after %s', async (_name, behaviour: SearchBehaviour) => {
    standIn.script(behaviour);
    expect(await search(webOf(kind))).toMatchObject({ ok: true });
    expect(standIn.requests).toHaveLength(2);
  });

  it('does not wait for a limit that lasts, and says how long it does', async () => {
    const error = await errorOf(webOf(kind), 'cats [[fault=rate_limit retryAfter=60]]');
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 60 });
    expect(error.message).toContain('60 s');
    expect(standIn.requests).toHaveLength(1);
  });

  it('gives up when two requests take too long', async () => {
    standIn.script({ fault: 'server_error' }, { fault: 'hang' });
    expect(await errorOf(webOf(kind, SHORT))).toMatchObject({ code: 'PROVIDER_TIMEOUT' });
  });

  it.each(['hang', 'stall'] as const)('closes its connection when it is stopped at %s', async (fault) => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    const found = webOf(kind).search(`cats [[fault=${fault}]]`, 5, controller.signal);
    await until(() => standIn.requests.length === 1);
    controller.abort(reason);
    await expect(found).rejects.toBe(reason);
    await standIn.requests[0]?.ended;
    await until(() => standIn.connections.open === 0);
  });

  it('stops while it waits to ask again', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    const web = webOf(kind, { ...TIMES, pauseMs: 60_000 });
    const found = web.search('cats [[fault=server_error]]', 5, controller.signal);
    await until(() => standIn.requests.length === 1);
    await standIn.requests[0]?.ended;
    controller.abort(reason);
    await expect(found).rejects.toBe(reason);
  });

  it('says when nobody listens there', async () => {
    const error = await errorOf(webOf(kind, TIMES, SEARCH_KEY, await deadAddress()));
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  });

  it('logs why a search failed, and neither its words nor the key', async () => {
    await search(webOf(kind), 'cats [[fault=unauthorized]]');
    expect(logged).toHaveBeenCalledTimes(1);
    const [line] = logged.mock.calls[0] as [{ err: AppError }];
    const { message, cause } = line.err;
    expect(`${message} ${String(cause)}`).toMatch(/answered 4\d\d/);
    expect(`${message} ${String(cause)}`).not.toMatch(/cats|search-key|secret/);
  });
});

describe.each(['searxng', 'brave'] as const)('a redirect of %s', (kind) => {
  it('is followed to the same origin', async () => {
    expect(await search(webOf(kind), 'cats [[fault=moved]]')).toMatchObject({ ok: true });
    expect(standIn.requests).toHaveLength(2);
  });

  it('is not followed for ever', async () => {
    expect(await errorOf(webOf(kind), 'cats [[fault=moved_forever]]')).toMatchObject({ retryable: false });
    expect(standIn.requests).toHaveLength(4);
  });
});

it('a wrong key is a matter of the operator, and no search goes on with it', async () => {
  for (const kind of ['brave', 'tavily'] as const) {
    const error = await errorOf(webOf(kind, TIMES, 'another-key'));
    expect(error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: false });
    expect(error.message).toContain('SEARCH_API_KEY');
  }
});

it('a SearXNG that gives no JSON is told apart from one that refuses a key', async () => {
  expect((await errorOf(webOf('searxng'), 'cats [[fault=plan]]')).message).toContain('`search.formats`');
});

it('a SearXNG whose engines are silent does not say that there is nothing', async () => {
  expect(await errorOf(webOf('searxng'), 'cats [[fault=silent_engines]]')).toMatchObject({
    code: 'PROVIDER_UNAVAILABLE',
  });
});

it('without a search service there is no such tool, and who asks is told what to set', async () => {
  const web = new SearchWeb({});
  expect(searchWebTool(web)).toBeUndefined();
  const error = await errorOf(web);
  expect(error).toMatchObject({ code: 'PROVIDER_NOT_CONFIGURED', status: 400 });
  expect(error.message).toMatch(/SEARCH_KIND.*SEARCH_URL.*SEARCH_API_KEY/);
});
