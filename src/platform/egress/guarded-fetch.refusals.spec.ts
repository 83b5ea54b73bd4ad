import { networkInterfaces } from 'node:os';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { startWebsite, type Website } from '../../../test/doubles/website.js';
import { EgressAllow } from './egress-allow.js';
import { EgressError, type EgressRule } from './egress-error.js';
import { guardedFetch, type GuardedFetchOptions } from './guarded-fetch.js';
import type { ResolveHost } from './resolve-host.js';

const OPTIONS: GuardedFetchOptions = {
  allow: new EgressAllow(),
  accept: ['text/*'],
  maxBytes: 100_000,
  timeoutMs: 20_000,
  maxRedirects: 3,
  userAgent: 'Test/1',
};

const refusalOf = async (
  address: string,
  options: Partial<GuardedFetchOptions> = {},
): Promise<EgressError> => {
  const error: unknown = await guardedFetch(address, { ...OPTIONS, ...options }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EgressError);
  return error as EgressError;
};

/** Names that resolve to what they are said to; each lookup takes the next answer. */
const dns = (names: Readonly<Record<string, readonly (readonly string[])[]>>) => {
  const asked: string[] = [];
  const resolve: ResolveHost = (host) => {
    const times = asked.filter((name) => name === host).length;
    asked.push(host);
    const answers = names[host] ?? [];
    return Promise.resolve(answers[Math.min(times, answers.length - 1)] ?? []);
  };
  return { resolve, asked };
};

const ADDRESSES: readonly (readonly [name: string, url: string, rule: EgressRule])[] = [
  ['loopback', 'http://127.0.0.1:PORT/', 'address'],
  ['loopback, short', 'http://127.1:PORT/', 'address'],
  ['loopback, decimal', 'http://2130706433:PORT/', 'address'],
  ['loopback, octal', 'http://0177.0.0.1:PORT/', 'address'],
  ['loopback, octal, short', 'http://017700000001:PORT/', 'address'],
  ['loopback, hexadecimal', 'http://0x7f.0.0.1:PORT/', 'address'],
  ['loopback, hexadecimal, short', 'http://0x7f000001:PORT/', 'address'],
  ['loopback, in other digits', 'http://１２７.0.0.1:PORT/', 'address'],
  ['loopback, percent-encoded', 'http://%31%32%37.0.0.1:PORT/', 'address'],
  ['loopback, with a dot at its end', 'http://127.0.0.1.:PORT/', 'address'],
  ['another loopback', 'http://127.255.255.254:PORT/', 'address'],
  ['unspecified', 'http://0.0.0.0:PORT/', 'address'],
  ['unspecified, short', 'http://0:PORT/', 'address'],
  ['loopback over IPv6', 'http://[::1]:PORT/', 'address'],
  ['unspecified over IPv6', 'http://[::]:PORT/', 'address'],
  ['loopback, mapped', 'http://[::ffff:127.0.0.1]:PORT/', 'address'],
  ['loopback, mapped, in hexadecimal', 'http://[::ffff:7f00:1]:PORT/', 'address'],
  ['loopback, compatible', 'http://[::127.0.0.1]:PORT/', 'address'],
  ['loopback, translated', 'http://[::ffff:0:127.0.0.1]:PORT/', 'address'],
  ['loopback by way of NAT64', 'http://[64:ff9b::7f00:1]:PORT/', 'address'],
  ['loopback by way of a local NAT64', 'http://[64:ff9b:1::7f00:1]:PORT/', 'address'],
  ['loopback by way of 6to4', 'http://[2002:7f00:1::]:PORT/', 'address'],
  ['loopback by way of Teredo', 'http://[2001:0:7f00:1::]:PORT/', 'address'],
  ['a zone', 'http://[fe80::1%25lo]:PORT/', 'malformed'],
  ['a zone, not encoded', 'http://[fe80::1%lo]:PORT/', 'malformed'],
  ['localhost', 'http://localhost:PORT/', 'address'],
  ['localhost, with dots at its end', 'http://LOCALHOST..:PORT/', 'address'],
  ['below localhost', 'http://a.localhost:PORT/', 'address'],
  ['a public name of loopback', 'http://127.0.0.1.nip.io:PORT/', 'address'],
  ['metadata', 'http://169.254.169.254/latest/meta-data/', 'address'],
  ['metadata by name', 'http://metadata.google.internal/computeMetadata/v1/', 'address'],
  ['metadata over IPv6', 'http://[fd00:ec2::254]/latest/', 'address'],
  ['metadata of Alibaba', 'http://100.100.100.200/', 'address'],
  ['metadata of Azure', 'http://168.63.129.16/', 'address'],
  ['private', 'http://10.0.0.1/', 'address'],
  ['private', 'http://172.16.0.1/', 'address'],
  ['private', 'http://192.168.1.1/', 'address'],
  ['carrier-grade NAT', 'http://100.64.0.1/', 'address'],
  ['link-local', 'http://[fe80::1]/', 'address'],
  ['unique-local', 'http://[fd12:3456::1]/', 'address'],
  ['multicast', 'http://224.0.0.1/', 'address'],
  ['multicast over IPv6', 'http://[ff02::1]/', 'address'],
  ['broadcast', 'http://255.255.255.255/', 'address'],
  ['a host of the network', 'http://intranet/', 'address'],
  ['a file', 'file:///etc/passwd', 'scheme'],
  ['a file of a host', 'file://127.0.0.1/etc/passwd', 'scheme'],
  ['ftp', 'ftp://example.org/', 'scheme'],
  ['gopher', 'gopher://127.0.0.1:6379/_INFO', 'scheme'],
  ['data', 'data:text/plain,hello', 'scheme'],
  ['javascript', 'javascript:alert(1)', 'scheme'],
  ['a socket', 'unix:/var/run/docker.sock', 'scheme'],
  ['credentials', 'http://user:password@example.org/', 'credentials'],
  ['a user', 'http://127.0.0.1@example.org/', 'credentials'],
  ['SSH', 'http://example.org:22/', 'port'],
  ['mail', 'http://example.org:25/', 'port'],
  ['a port of Postgres', 'http://example.org:5432/', 'port'],
  ['a port of Redis', 'https://example.org:6379/', 'port'],
  ['port 0', 'http://example.org:0/', 'port'],
  ['a backslash', 'http://example.org\\@127.0.0.1/', 'malformed'],
  ['a line break', 'http://example.org/\r\nHost: 127.0.0.1', 'malformed'],
  ['a tab', 'http://127.0.\t0.1/', 'malformed'],
  ['no scheme', 'example.org/page', 'malformed'],
  ['no host', 'http://', 'malformed'],
  ['nothing', '', 'malformed'],
  ['a long one', `http://example.org/${'x'.repeat(9_000)}`, 'malformed'],
];

const OWN_ADDRESSES = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .map(({ address }) => address);

describe('an address that must not be reached', () => {
  let website: Website;

  beforeAll(async () => {
    website = await startWebsite();
    website.serve({ '/': 'secret', '/gzip': 'secret' });
  });
  afterAll(() => website.close());

  it.each(ADDRESSES)('is %s: %s', async (_name, url, rule) => {
    const { connections } = website;
    const before = connections.total;
    const { resolve } = dns({ 'example.org': [['127.0.0.1']] });
    const error = await refusalOf(url.replace('PORT', String(website.port)), { resolve });
    expect(error.rule).toBe(rule);
    expect(error.message).not.toMatch(/\d+\.\d+\.\d+\.\d+|localhost|\[|example/);
    expect(connections.total).toBe(before);
  });

  it.each([
    ['loopback', ['127.0.0.1']],
    ['a public address and loopback', ['93.184.216.34', '127.0.0.1']],
    ['loopback over IPv6 behind a public address', ['2606:4700::1111', '::1']],
    ['mapped loopback', ['::ffff:127.0.0.1']],
    ['metadata', ['169.254.169.254']],
    ['an address with a zone', ['fe80::1%lo']],
    ['an own address of this machine', OWN_ADDRESSES],
    ['what is no address', ['127.1']],
  ])('is a name of %s', async (_name, addresses) => {
    const before = website.connections.total;
    const { resolve } = dns({ 'site.example.org': [addresses] });
    const error = await refusalOf(`http://site.example.org:${website.port}/`, { resolve });
    expect(error.rule).toBe('address');
    expect(website.connections.total).toBe(before);
  });

  it.each([
    ['metadata', 'http://169.254.169.254/latest/meta-data/', 'address'],
    ['another loopback', 'http://127.0.0.2:PORT/', 'address'],
    ['a name of loopback', 'http://inside.example.org:PORT/', 'address'],
    ['a file', 'file:///etc/passwd', 'scheme'],
    ['a port of a database', '//127.0.0.1:5432/', 'port'],
    ['an address with credentials', 'http://a:b@127.0.0.1:PORT/', 'credentials'],
    ['what is no address', 'http://[', 'redirects'],
    ['itself, again and again', '/loop', 'redirects'],
  ])('is what a redirect leads to: %s', async (_name, location, rule) => {
    const site = await startWebsite();
    const redirect = { status: 302, headers: { location: location.replace('PORT', String(website.port)) } };
    site.serve({ '/': redirect, '/loop': redirect });
    const before = website.connections.total;
    const { resolve } = dns({ 'inside.example.org': [['127.0.0.1']] });
    const error = await refusalOf(site.url, { allow: new EgressAllow(['127.0.0.1']), resolve });
    await site.close();
    expect(error.rule).toBe(rule);
    expect(website.connections.total).toBe(before);
  });

  it('is not reached by a name that resolves otherwise the second time', async () => {
    const rebound = await startWebsite({ host: '127.0.0.2', port: website.port });
    rebound.serve({ '/': 'what was checked' });
    const before = website.connections.total;
    const { resolve, asked } = dns({ 'site.example.org': [['127.0.0.2'], ['127.0.0.1']] });
    const allow = new EgressAllow(['127.0.0.2/32']);
    const url = `http://site.example.org:${website.port}/`;

    const answer = await guardedFetch(url, { ...OPTIONS, allow, resolve });
    expect(answer.body.toString()).toBe('what was checked');
    expect(asked).toEqual(['site.example.org']);
    // The next fetch resolves it anew, and is refused.
    expect((await refusalOf(url, { allow, resolve })).rule).toBe('address');
    await rebound.close();
    expect(website.connections.total).toBe(before);
  });

  it('is one that a redirect to the same name resolves to', async () => {
    const first = await startWebsite({ host: '127.0.0.2', port: website.port });
    first.serve({ '/': { status: 307, headers: { location: '/gzip' } } });
    const before = website.connections.total;
    const { resolve, asked } = dns({ 'site.example.org': [['127.0.0.2'], ['127.0.0.1']] });
    const allow = new EgressAllow(['127.0.0.2/32']);
    const error = await refusalOf(`http://site.example.org:${website.port}/`, { allow, resolve });
    await first.close();
    expect(error.rule).toBe('address');
    expect(asked).toHaveLength(2);
    expect(website.connections.total).toBe(before);
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(50_000_000))],
  ])('is one that answers with a bomb of %s', async (encoding, body) => {
    const site = await startWebsite();
    site.serve({ '/': { headers: { 'content-encoding': encoding }, body } });
    expect(body.length).toBeLessThan(OPTIONS.maxBytes);
    const error = await refusalOf(site.url, { allow: new EgressAllow(['127.0.0.1']) });
    await site.close();
    expect(error.rule).toBe('size');
  });
});
