import { readdirSync, readFileSync } from 'node:fs';
import { type ConfigError, loadConfig, VERSION } from './config.js';
import { ENVIRONMENT_VARIABLES } from './environment.js';

const base = { JWT_SECRET: 'a-secret-that-is-long-enough-for-hs256' };
const problems = (environment: Record<string, string>, fixed?: Parameters<typeof loadConfig>[1]) => {
  try {
    loadConfig(environment, fixed);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};

describe('the configuration', () => {
  it('names every mistake at once, in words', () => {
    const found = problems({
      ...base,
      PORT: 'abc',
      RATE_LIMIT: 'much',
      DATABASE_URL: 'mysql://x',
      JWT_SECRET: 'short',
    });

    expect(found.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining(['PORT', 'RATE_LIMIT', 'DATABASE_URL', 'JWT_SECRET']),
    );
    expect(found).toHaveLength(4);
  });

  it('has the variables of every section, each of them once', async () => {
    const sections = readdirSync(new URL('sections/', import.meta.url));
    const modules = await Promise.all(
      sections.map((file) => import(`./sections/${file.replace('.ts', '.js')}`)),
    );
    const names = modules
      .flatMap((section: object) => Object.entries(section))
      .flatMap(([name, value]) => (name.endsWith('Variables') ? Object.keys(value as object) : []));
    expect(names.toSorted()).toEqual(ENVIRONMENT_VARIABLES.map(({ name }) => name).toSorted());
  });

  it('takes a direct address of the database only beside one through a pooler', () => {
    const DATABASE_DIRECT_URL = 'postgres://db/x';
    expect(problems({ ...base, DATABASE_DIRECT_URL })[0]).toMatch(
      /^DATABASE_DIRECT_URL: .* goes beside DATABASE_URL/,
    );
    expect(problems({ ...base, DATABASE_DIRECT_URL, DATABASE_URL: 'postgres://pooler/x' })).toEqual([]);
  });

  it('takes what a search service needs, and nothing that would do nothing', () => {
    const SEARCH_URL = 'http://searxng:8080';
    expect(problems({ ...base, SEARCH_KIND: 'searxng', SEARCH_URL })).toEqual([]);
    expect(problems({ ...base, SEARCH_KIND: 'brave', SEARCH_API_KEY: 'key' })).toEqual([]);
    expect(problems({ ...base, SEARCH_KIND: 'tavily', SEARCH_API_KEY: 'key', SEARCH_URL })).toEqual([]);
    expect(problems({ ...base, SEARCH_KIND: 'searxng' })[0]).toMatch(/^SEARCH_KIND: .* SEARCH_URL/);
    expect(problems({ ...base, SEARCH_KIND: 'brave', SEARCH_URL })[0]).toMatch(
      /^SEARCH_KIND: .* SEARCH_API_KEY/,
    );
    expect(problems({ ...base, SEARCH_URL })[0]).toMatch(/^SEARCH_URL: .* SEARCH_KIND/);
    expect(problems({ ...base, SEARCH_API_KEY: 'key' })[0]).toMatch(/^SEARCH_API_KEY: .* SEARCH_KIND/);
    expect(problems({ ...base, SEARCH_KIND: 'duckduckgo' })[0]).toMatch(
      /^SEARCH_KIND: DuckDuckGo offers no search/,
    );
    expect(problems({ ...base, SEARCH_KIND: 'brave', SEARCH_API_KEY: 'a key' })).toHaveLength(1);
  });

  it('takes a policy for each tool, and one for all others', () => {
    const policies = (TOOL_APPROVAL: string) => [
      ...(loadConfig({ ...base, TOOL_APPROVAL }).TOOL_APPROVAL ?? []),
    ];
    expect(loadConfig(base).TOOL_APPROVAL).toBeUndefined();
    expect(policies('execute_javascript=ask, *=never')).toEqual([
      ['execute_javascript', 'ask'],
      ['*', 'never'],
    ]);
    expect(policies('files__write=always')).toEqual([['files__write', 'always']]);
    expect(policies('files__*=ask')).toEqual([['files__*', 'ask']]);
    for (const wrong of [
      'ask',
      'a=perhaps',
      '=ask',
      'a b=ask',
      'a=ask=never',
      'files_*=ask',
      '__*=ask',
      'a=ask, b',
    ])
      expect([wrong, problems({ ...base, TOOL_APPROVAL: wrong })]).toEqual([
        wrong,
        ['TOOL_APPROVAL: is a list of tool=policy, policy one of never, always, ask'],
      ]);
  });

  it('names one mistake once', () => {
    for (const { name } of ENVIRONMENT_VARIABLES) {
      // No value of any setting that has a shape; the others take it.
      const found = problems({ ...base, [name]: '//:\u0007' });
      expect([name, found.length]).toEqual([name, found.length > 0 ? 1 : 0]);
    }
    expect(problems({ ...base, REDIS_URL: 'foo' })).toEqual(['REDIS_URL: is a redis:// address']);
    expect(problems({ ...base, DATABASE_URL: 'foo' })).toEqual(['DATABASE_URL: is a postgres:// address']);
  });

  it('checks the role it is given, even where another one is fixed', () => {
    const shared = { DATABASE_URL: 'postgres://localhost/x' };
    const fixed = { ROLE: 'worker' } as const;
    expect(problems({ ...shared, ROLE: 'bar' }, fixed)).toEqual(['ROLE: is all, api or worker']);
    expect(loadConfig({ ...shared, ROLE: 'api', NODE_ENV: 'production' }, fixed).ROLE).toBe('worker');
    expect(problems({}, fixed)[0]).toMatch(/^ROLE: worker is one process of several/);
  });

  it('says how a password is written that would end the address', () => {
    for (const password of ['hunter2/x', 'hunter2#x', 'hunter2?x']) {
      const [problem, ...others] = problems({ ...base, DATABASE_URL: `postgres://me:${password}@db/x` });
      expect([problem, others]).toEqual([expect.stringMatching(/^DATABASE_URL: cannot be read; .*%2F/), []]);
      expect(problem).not.toContain('hunter2');
    }
    const DATABASE_URL = 'postgres://me:hunter2%2Fx@db/x';
    expect(loadConfig({ ...base, DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL);
  });

  it('never repeats a value that may be a secret', () => {
    expect(problems({ ...base, DATABASE_URL: 'mysql://me:hunter2@x' }).join()).not.toContain('hunter2');
  });

  it('takes an empty variable as one that is not set', () => {
    expect(loadConfig({ ...base, PORT: '', OPENAI_API_KEY: ' ' })).toMatchObject({ PORT: 3000 });
    expect(loadConfig({ ...base, OPENAI_API_KEY: ' ' }).OPENAI_API_KEY).toBeUndefined();
  });

  it('holds to a port that somebody has asked for, and to the default in production', () => {
    expect(loadConfig(base).isPortFixed).toBe(false);
    expect(loadConfig({ ...base, PORT: '3000' }).isPortFixed).toBe(true);
    expect(loadConfig({ ...base, NODE_ENV: 'production' }).isPortFixed).toBe(true);
  });

  it.each(['JWT_SECRET', 'JWT_JWKS_URI', 'GOOGLE_CLIENT_ID', 'OIDC_ISSUER', 'OIDC_CLIENT_ID'])(
    'has no dev tokens by itself beside %s',
    (name) => {
      const shared = { DATABASE_URL: 'postgres://localhost/x', ...base };
      const values: Record<string, string> = {
        JWT_SECRET: 'another-secret-that-is-long-enough',
        JWT_JWKS_URI: 'https://id.example/keys',
        GOOGLE_CLIENT_ID: 'a client',
      };
      const given = { [name]: values[name] ?? 'something' };
      const issuer = { JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'us' };
      const other = name.startsWith('OIDC_') ? shared : { DATABASE_URL: shared.DATABASE_URL };
      expect(loadConfig({ ...other, ...given, ...issuer }).devAuth).toBe(false);
      expect(loadConfig({ ...other, ...given, ...issuer, AUTH_DEV: 'true' }).devAuth).toBe(true);
    },
  );

  it('does not take an unread OIDC variable for no authentication at all', () => {
    const shared = { DATABASE_URL: 'postgres://localhost/x', OIDC_ISSUER: 'https://id.example' };
    expect(problems(shared)[0]).toMatch(/^JWT_SECRET: nobody could log in/);
  });

  it('refuses dev tokens beside CORS, and names that with the other mistakes', () => {
    const asked = { ...base, AUTH_DEV: 'true', HOST: '0.0.0.0', CORS_ORIGINS: 'https://chat.example' };
    const found = problems({ ...asked, ROLE: 'api' });
    expect(found.map((problem) => problem.split(':')[0])).toEqual(['AUTH_DEV', 'AUTH_DEV', 'ROLE']);
    expect(found[1]).toContain('CORS_ORIGINS');
    expect(problems({ CORS_ORIGINS: '*' })[0]).toMatch(/^AUTH_DEV: .*CORS_ORIGINS/);
  });

  it('has dev tokens only on loopback, without a secret, outside production', () => {
    const other = { DATABASE_URL: 'postgres://localhost/x' };
    expect(loadConfig(other).devAuth).toBe(true);
    expect(loadConfig({ ...other, ...base }).devAuth).toBe(false);
    expect(problems({ ...other, NODE_ENV: 'production' })[0]).toMatch(/^JWT_SECRET: nobody could log in/);
    expect(problems({ ...other, HOST: '0.0.0.0' })[0]).toMatch(/^JWT_SECRET: nobody could log in/);
    expect(problems({ ...other, HOST: '0.0.0.0', AUTH_DEV: 'true' })[0]).toMatch(
      /^AUTH_DEV: dev tokens let anybody in/,
    );
  });

  it.each([
    ['one character', 'x'.repeat(40)],
    ['two characters', 'ab'.repeat(20)],
    ['a word again and again', 'test'.repeat(8)],
    ['a word cut off', 'Ab1!'.repeat(9).slice(0, 33)],
    ['a few letters', 'aaaabbbbccccddddaaabbbcccdddabcd'],
    ['too few bytes', 'Zq3v'],
  ])('takes no secret of %s', (_what, JWT_SECRET) => {
    const [problem, ...others] = problems({ JWT_SECRET });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^JWT_SECRET: /);
    expect(problem).not.toContain(JWT_SECRET);
  });

  it('takes a secret that somebody made up, and one from a generator, by its bytes', () => {
    const generated = [
      '9f86d081884c7d659a2feaa0c55ad015',
      'q8Zt1xV0n3uYc7Rk5wB2mL9aJ6sD4fGh',
      '秘密の合言葉は山と川です。',
    ];
    for (const JWT_SECRET of generated) expect(loadConfig({ JWT_SECRET }).jwtSecret).toBe(JWT_SECRET);
  });

  it.each([
    'true',
    'false',
    '1',
    '*',
    'all',
    'nginx',
    '10.0.0.0/33',
    '0.0.0.0/0',
    '::/0',
    '10.0.0',
    '127.0.0.1,true',
    ',',
  ])('takes no proxy called %s', (TRUST_PROXY) => {
    expect(problems({ ...base, TRUST_PROXY })).toEqual([
      expect.stringMatching(/^TRUST_PROXY: is a list of addresses or networks of proxies/),
    ]);
  });

  it('takes addresses, networks and names of networks for proxies', () => {
    const TRUST_PROXY =
      '127.0.0.1, 10.0.0.0/8, 192.168.0.0/255.255.0.0, ::1, fd00::/8, loopback, uniquelocal';
    expect(loadConfig({ ...base, TRUST_PROXY }).TRUST_PROXY).toHaveLength(7);
  });

  it('wants issuer and audience beside a key set', () => {
    expect(problems({ JWT_JWKS_URI: 'https://id.example/keys' })[0]).toMatch(
      /^JWT_JWKS_URI: needs JWT_ISSUER/,
    );
  });

  it('takes an address that ends in the chat endpoint as its base', () => {
    expect(
      loadConfig({ ...base, OPENAI_API_URL: 'https://api.openai.com/v1/chat/completions' }).OPENAI_API_URL,
    ).toBe('https://api.openai.com/v1');
  });

  it('takes a database behind a socket', () => {
    const DATABASE_URL = 'postgresql://me@/threadline?host=/run/postgresql';
    expect(loadConfig({ ...base, DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL);
  });

  it('has processes of several share a database, and asks no worker who may log in', () => {
    expect(problems({ ...base, ROLE: 'worker' })[0]).toMatch(/^ROLE: worker is one process of several/);
    expect(problems({ ...base, ROLE: 'api' })[0]).toMatch(/^ROLE: api is one process of several/);
    const shared = { DATABASE_URL: 'postgres://localhost/x', NODE_ENV: 'production' };
    expect(loadConfig({ ...shared, ROLE: 'worker' }).ROLE).toBe('worker');
    expect(problems({ ...shared, ROLE: 'api' })[0]).toMatch(/^JWT_SECRET: nobody could log in/);
  });

  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['20h', 72_000_000],
    ['250ms', 250],
    ['30', 30_000],
  ])('reads %s as a time', (STREAM_STALL_TIMEOUT, milliseconds) => {
    expect(loadConfig({ ...base, STREAM_STALL_TIMEOUT }).STREAM_STALL_TIMEOUT).toBe(milliseconds);
  });

  it('knows where a Redis is, and its database by number', () => {
    const problem = /^REDIS_URL: is a redis:\/\/ address/;
    expect(problems({ ...base, REDIS_URL: 'redis://localhost/abc' })[0]).toMatch(problem);
    expect(problems({ ...base, REDIS_URL: 'http://localhost' })[0]).toMatch(problem);
    const url = 'rediss://:p%40ss@cache:6380/3?family=6';
    expect(loadConfig({ ...base, REDIS_URL: url }).REDIS_URL).toBe(url);
    expect(loadConfig({ ...base, REDIS_URL: 'redis://localhost' }).REDIS_URL).toBe('redis://localhost');
  });

  it('refuses what is no time, or out of bounds', () => {
    expect(problems({ ...base, TURN_LEASE: 'soon', EVENT_RETENTION: '-1d' })).toHaveLength(2);
    expect(problems({ ...base, TURN_LEASE: '1h' })[0]).toBe(
      'TURN_LEASE: is from 1s to 1m; a bare number is seconds',
    );
    expect(problems({ ...base, TURN_LEASE: '8000' })[0]).toMatch(/; a bare number is seconds$/);
    expect(problems({ ...base, EVENT_RETENTION: 'soon' })[0]).toMatch(
      /^EVENT_RETENTION: is a time such as 90s, .*; a bare number is seconds$/,
    );
  });
});

describe('the version', () => {
  it('is the one in package.json', () => {
    expect(VERSION).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
  });
});
