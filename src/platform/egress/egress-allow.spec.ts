import { EgressAllow, egressAllowProblem } from './egress-allow.js';

describe('what an operator lets be reached', () => {
  it.each([
    ['searxng', 'searxng', 8080],
    ['SearXNG.', 'searxng', 8080],
    ['searxng:8080', 'searxng', 8080],
    ['wiki.corp:80', 'wiki.corp', 80],
    ['127.0.0.1', '127.0.0.1', 1],
    ['127.0.0.1:9', '127.0.0.1', 9],
    ['::1', '[::1]', 1],
    ['[::1]:9', '[::1]', 9],
    ['münchen.corp', 'xn--mnchen-3ya.corp', 1],
  ])('%s is the host %s at port %i', (entry, host, port) => {
    const allow = new EgressAllow(['other', entry]);
    expect(allow.hasHost(host, port)).toBe(true);
    expect(allow.hasHost(host, port + 1)).toBe(!/:\d+$/.test(entry) || entry === '::1');
    expect(allow.hasHost(`x${host}`, port)).toBe(false);
    expect(allow.hasAddress('127.0.0.1')).toBe(false);
  });

  it('may be a port that is closed otherwise, when it is named', () => {
    const allow = new EgressAllow(['search:9200', 'wiki']);
    expect(allow.hasPort('search', 9200)).toBe(true);
    expect(allow.hasPort('search', 9300)).toBe(false);
    expect(allow.hasPort('wiki', 9200)).toBe(false);
  });

  it('may be nets, whose addresses any name may have', () => {
    const allow = new EgressAllow(['10.0.0.0/8', 'fd00::/8', '192.168.1.7/32']);
    for (const address of ['10.1.2.3', 'fd12::1', '192.168.1.7'])
      expect(allow.hasAddress(address)).toBe(true);
    for (const address of ['11.0.0.1', 'fe80::1', '192.168.1.8', 'x'])
      expect(allow.hasAddress(address)).toBe(false);
    expect(allow.hasHost('10.1.2.3', 80)).toBe(false);
  });

  it.each([
    'http://a/',
    'a/b',
    '10.0.0.0/33',
    'x/8',
    '*.corp',
    'a:b',
    'a:99999',
    'user@a',
    '::1:',
    'a b',
    '[a]',
  ])('is never %s', (entry) => {
    expect(egressAllowProblem(entry)).toBe('is no host, host:port or net such as 10.0.0.0/8');
    expect(() => new EgressAllow([entry])).toThrow('EGRESS_ALLOW');
  });
});
