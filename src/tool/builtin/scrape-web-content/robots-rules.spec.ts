import { loopTurnsDuring } from '../../../../test/support/loop-turns.js';
import { mayFetch, robotsRules } from './robots-rules.js';

const mayGet = async (robots: string, path: string) =>
  mayFetch(await robotsRules(robots, 'Threadline'), path);

describe('the rules of a robots.txt', () => {
  it.each([
    ['nothing', '', '/a', true],
    ['everything refused', 'User-agent: *\nDisallow: /', '/a', false],
    ['nothing refused', 'User-agent: *\nDisallow:', '/a', true],
    ['another one refused', 'User-agent: OtherBot\nDisallow: /', '/a', true],
    ['this one refused', 'User-agent: threadline/2.0\nDisallow: /', '/a', false],
    ['this one and another', 'User-agent: OtherBot\nUser-agent: Threadline\nDisallow: /', '/a', false],
    ['a longer name', 'User-agent: ThreadlineX\nDisallow: /', '/a', true],
    [
      'its own group instead of the one for all',
      'User-agent: *\nDisallow: /\n\nUser-agent: Threadline\nAllow: /',
      '/a',
      true,
    ],
    [
      'two groups of its own',
      'User-agent: Threadline\nDisallow: /a\n\nUser-agent: Threadline\nDisallow: /b',
      '/a',
      false,
    ],
    ['rules without a group', 'Disallow: /', '/a', true],
    ['other lines between', 'User-agent: *\nCrawl-delay: 5\nSitemap: /s\nDisallow: /a', '/a', false],
    ['comments, capitals and blanks', ' USER-AGENT : * # all\r\n DISALLOW : /a # this\r\n', '/a', false],
    ['only old line ends', 'User-agent: *\rDisallow: /a', '/a', false],
    ['a folder', 'User-agent: *\nDisallow: /a/', '/a', true],
    ['what begins like it', 'User-agent: *\nDisallow: /a', '/about', false],
    ['the longest that matches', 'User-agent: *\nDisallow: /a\nAllow: /a/b', '/a/b/c', true],
    ['the longest, in any order', 'User-agent: *\nAllow: /a/b\nDisallow: /a/b/c', '/a/b/c', false],
    ['the kinder of two', 'User-agent: *\nDisallow: /a\nAllow: /a', '/a', true],
    ['a star', 'User-agent: *\nDisallow: /*/private', '/x/y/private/z', false],
    ['a star that does not match', 'User-agent: *\nDisallow: /*/private', '/private', true],
    ['an end', 'User-agent: *\nDisallow: /*.pdf$', '/x/a.pdf', false],
    ['an end that goes on', 'User-agent: *\nDisallow: /*.pdf$', '/x/a.pdf?b', true],
    ['an end that is matched twice', 'User-agent: *\nDisallow: /*a*a$', '/a', true],
    ['only an end', 'User-agent: *\nDisallow: /$', '/', false],
    ['only an end, below', 'User-agent: *\nDisallow: /$', '/a', true],
    ['a query', 'User-agent: *\nDisallow: /*?s=', '/find?s=x', false],
    ['escapes of other case', 'User-agent: *\nDisallow: /%c3%a9', '/%C3%A9', false],
    ['no escapes', 'User-agent: *\nDisallow: /é', '/%C3%A9', false],
    ['escapes that are not needed', 'User-agent: *\nDisallow: /%61', '/a', false],
    ['escapes that are needed', 'User-agent: *\nDisallow: /a%2Fb', '/a/b', true],
  ])('%s', async (_name, robots, path, isAllowed) => {
    expect(await mayGet(robots, path)).toBe(isAllowed);
  });

  it('may be very many, hard to match, and hold up nobody', async () => {
    const rule = `Disallow: /${'*a'.repeat(9)}b\n`;
    const turns = await loopTurnsDuring(async () => {
      expect(await mayGet(`User-agent: *\n${rule.repeat(5_000)}`, `/${'a'.repeat(8_000)}`)).toBe(true);
    });
    expect(turns).toBeGreaterThan(1);
  });
});
