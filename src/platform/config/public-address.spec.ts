import { loadConfig } from './config.js';

const base = { JWT_SECRET: 'a-secret-that-is-long-enough-for-hs256' };

describe('where others reach this server', () => {
  it.each([
    'https://chat.example.com',
    'https://a.example/chat/',
    'http://localhost:3000',
    'http://127.0.0.1:3000',
  ])('may be %s', (PUBLIC_URL) => {
    expect(loadConfig({ ...base, PUBLIC_URL }).PUBLIC_URL).toBe(PUBLIC_URL.replace(/\/$/, ''));
  });

  it.each([
    'chat.example.com',
    'http://chat.example.com',
    'https://a:b@c.example',
    'https://a.example/?b',
    'ftp://a',
  ])('is not %s', (PUBLIC_URL) => {
    expect(() => loadConfig({ ...base, PUBLIC_URL })).toThrow(/PUBLIC_URL: is an /);
  });
});
