import { isPublicAddress } from './public-address.js';
import { publicUrlProblem } from './public-url.js';

describe('an address that a client names', () => {
  it.each([
    'https://example.org/cat.png',
    'https://example.org:8443/a/b?c=d#e',
    'https://münchen.example.org/ä.png',
    'https://8.8.8.8/cat.png',
    'https://[2606:4700::1111]/cat.png',
    'https://172.32.0.1/',
    'https://100.128.0.1/',
    'https://localhost.example.org/',
  ])('may be %s', (url) => {
    expect(publicUrlProblem(url)).toBeUndefined();
  });

  it.each([
    ['metadata', 'https://169.254.169.254/latest/meta-data/'],
    ['metadata, decimal', 'https://2852039166/'],
    ['metadata, hexadecimal', 'https://0xA9.0xFE.0xA9.0xFE/'],
    ['metadata, octal', 'https://0251.0376.0251.0376/'],
    ['metadata, in other digits', 'https://１６９.254.169.254/'],
    ['metadata, percent-encoded', 'https://%31%36%39.254.169.254/'],
    ['metadata, with a dot at its end', 'https://169.254.169.254./'],
    ['metadata by name', 'https://metadata.google.internal/computeMetadata/v1/'],
    ['metadata of Alibaba', 'https://100.100.100.200/'],
    ['metadata of Azure', 'https://168.63.129.16/'],
    ['metadata over IPv6', 'https://[fd00:ec2::254]/'],
    ['loopback', 'https://127.0.0.1/'],
    ['loopback, short', 'https://127.1/'],
    ['loopback over IPv6', 'https://[::1]/'],
    ['loopback, mapped', 'https://[::ffff:127.0.0.1]/'],
    ['loopback, mapped, in hexadecimal', 'https://[::ffff:7f00:1]/'],
    ['loopback, compatible', 'https://[::127.0.0.1]/'],
    ['loopback by way of NAT64', 'https://[64:ff9b::7f00:1]/'],
    ['loopback by way of 6to4', 'https://[2002:7f00:1::]/'],
    ['loopback by way of Teredo', 'https://[2001:0:1::]/'],
    ['unspecified', 'https://0.0.0.0/'],
    ['unspecified, short', 'https://0/'],
    ['unspecified over IPv6', 'https://[::]/'],
    ['private', 'https://10.1.2.3/'],
    ['private', 'https://172.31.255.255/'],
    ['private', 'https://192.168.0.1/'],
    ['carrier-grade NAT', 'https://100.64.0.1/'],
    ['multicast', 'https://224.0.0.1/'],
    ['multicast over IPv6', 'https://[ff02::1]/'],
    ['broadcast', 'https://255.255.255.255/'],
    ['link-local', 'https://[fe80::1]/'],
    ['unique-local', 'https://[fd12:3456::1]/'],
    ['localhost', 'https://localhost/'],
    ['localhost with a dot', 'https://LOCALHOST./'],
    ['below localhost', 'https://a.localhost/'],
    ['a name without a dot', 'https://intranet/'],
    ['a name of the network', 'https://printer.local/'],
    ['a name of the cloud', 'https://a.b.internal/'],
    ['a service of a cluster', 'https://kubernetes.default.svc/'],
    ['a service of a registry', 'https://redis.service.consul/'],
    ['metadata by the name of another cloud', 'https://metadata.tencentyun.com/latest/'],
    ['a public name of loopback', 'https://127.0.0.1.nip.io/'],
    ['credentials', 'https://user:password@example.org/'],
    ['a user', 'https://169.254.169.254@example.org/'],
    ['a backslash', 'https://example.org\\@169.254.169.254/'],
    ['a tab', 'https://169.254.\t169.254/'],
    ['no host', 'https:///169.254.169.254/'],
    ['no slashes', 'https:169.254.169.254'],
    ['http', 'http://example.org/'],
    ['a file', 'file:///etc/passwd'],
    ['ftp', 'ftp://example.org/'],
    ['nothing', ''],
    ['a long one', `https://example.org/${'x'.repeat(9_000)}`],
  ])('may not be %s: %s', (_name, url) => {
    expect(publicUrlProblem(url)).toMatch(/^(is|has) /);
  });
});

describe('an IP address', () => {
  it.each([
    ['1.1.1.1', true],
    ['2606:4700::1111', true],
    ['10.0.0.1', false],
    ['::ffff:8.8.8.8', false],
    ['fe80::1%eth0', false],
    ['example.org', false],
  ])('%s: public is %s', (address, isPublic) => {
    expect(isPublicAddress(address)).toBe(isPublic);
  });
});
