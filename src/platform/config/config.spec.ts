import { readFileSync } from 'node:fs';
import { type ConfigError, loadConfig, withoutEffect } from './config.js';
import { VERSION } from './version.js';

const base = { JWT_SECRET: 'x'.repeat(32) };
const problems = (environment: Record<string, string>) => {
  try {
    loadConfig(environment);
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

  it('never repeats a value that may be a secret', () => {
    expect(problems({ ...base, DATABASE_URL: 'mysql://me:hunter2@x' }).join()).not.toContain('hunter2');
  });

  it('takes an empty variable as one that is not set', () => {
    expect(loadConfig({ ...base, PORT: '', OPENAI_API_KEY: ' ' })).toMatchObject({ PORT: 3000 });
    expect(loadConfig({ ...base, OPENAI_API_KEY: ' ' }).OPENAI_API_KEY).toBeUndefined();
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

  it('says what is set and has no effect yet, and refuses a role that is not there', () => {
    expect(withoutEffect(loadConfig({ ...base, REDIS_URL: 'redis://localhost', GROQ_API_KEY: 'k' }))).toEqual(
      ['REDIS_URL'],
    );
    expect(problems({ ...base, ROLE: 'worker' })[0]).toMatch(/^ROLE: /);
  });
});

describe('the version', () => {
  it('is the one in package.json', () => {
    expect(VERSION).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
  });
});
