import { brave } from './brave.js';
import { retryAfter } from './exchange.js';
import { searxng } from './searxng.js';
import { tavily } from './tavily.js';

describe('the address of a search', () => {
  it.each([
    ['http://searxng:8080', 'http://searxng:8080/search?q=a+b&format=json'],
    ['http://searxng:8080/', 'http://searxng:8080/search?q=a+b&format=json'],
    ['http://host/searxng', 'http://host/searxng/search?q=a+b&format=json'],
    ['http://host/search', 'http://host/search?q=a+b&format=json'],
    ['http://host/?language=de', 'http://host/search?language=de&q=a+b&format=json'],
    ['http://host/search?q=%3Cquery%3E', 'http://host/search?q=a+b&format=json'],
  ])('on SearXNG at %s', (url, expected) => {
    expect(searxng({ url }).request('a b', 5).url.href).toBe(expected);
  });

  it('is the vendor’s own, unless another one is set', () => {
    const search = '/res/v1/web/search?q=a+b&count=5&result_filter=web&text_decorations=false';
    expect(brave({ apiKey: 'k' }).request('a b', 5).url.href).toBe(`https://api.search.brave.com${search}`);
    expect(brave({ apiKey: 'k', url: 'http://proxy' }).request('a b', 5).url.href).toBe(
      `http://proxy${search}`,
    );
    expect(tavily({ apiKey: 'k' }).request('a b', 5).url.href).toBe('https://api.tavily.com/search');
  });
});

describe('who asks', () => {
  it('is said in the header that the service reads', () => {
    expect(searxng({ url: 'http://host' }).request('a', 1).headers).toEqual({ accept: 'application/json' });
    expect(brave({ apiKey: 'k' }).request('a', 1).headers).toMatchObject({ 'x-subscription-token': 'k' });
    expect(tavily({ apiKey: 'k' }).request('a', 1).headers).toMatchObject({ authorization: 'Bearer k' });
  });

  it('may be a name and a password in the address, which no request has there', () => {
    const { url, headers } = searxng({ url: 'http://me:p%40ss@host' }).request('a', 1);
    expect(url.href).toBe('http://host/search?q=a&format=json');
    expect(headers['authorization']).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });
});

describe('a query', () => {
  it('has no more words for Brave than it takes', () => {
    const { url } = brave({ apiKey: 'k' }).request('word '.repeat(80), 5);
    expect(url.searchParams.get('q')?.split(' ')).toHaveLength(50);
  });

  it('is the body of a request to Tavily', () => {
    const { body } = tavily({ apiKey: 'k' }).request('a b', 5);
    expect(JSON.parse(body ?? '')).toEqual({ query: 'a b', max_results: 5, search_depth: 'basic' });
  });
});

describe('the time until a limit ends', () => {
  const secondsOf = (headers: Record<string, string>) =>
    brave({ apiKey: 'k' }).secondsUntilReset?.(new Headers(headers));

  it('is, with Brave, that of the window that is used up', () => {
    const reset = { 'x-ratelimit-reset': '1, 1419704' };
    expect(secondsOf({ ...reset, 'x-ratelimit-remaining': '0, 1000' })).toBe(1);
    expect(secondsOf({ ...reset, 'x-ratelimit-remaining': '0, 0' })).toBe(1_419_704);
    expect(secondsOf({ ...reset, 'x-ratelimit-remaining': '1, 1000' })).toBeUndefined();
    expect(secondsOf({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon' })).toBeUndefined();
    expect(secondsOf({})).toBeUndefined();
  });

  it.each([
    ['2', 2],
    [' 0 ', 0],
    ['Thu, 01 Jan 1970 00:00:10 GMT', 9],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['999999999', 86_400],
    ['soon', undefined],
    ['', undefined],
  ])('is otherwise what Retry-After says: %s', (value, seconds) => {
    expect(retryAfter(new Headers({ 'retry-after': value }), 1_500)).toBe(seconds);
  });
});
