import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config.js';
import { readMcpServersFile } from './mcp-servers-file.js';

const folder = mkdtempSync(join(tmpdir(), 'mcp-servers-'));
const read = (content: unknown, environment: Record<string, string> = {}) => {
  const path = join(folder, 'servers.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readMcpServersFile(path, environment);
};
const one = (entry: object, environment: Record<string, string> = {}, name = 'files') =>
  read({ mcpServers: { [name]: entry } }, environment);

describe('the file of MCP servers', () => {
  it('is one that desktop hosts use', () => {
    const { servers, problems } = read(
      {
        mcpServers: {
          files: { command: 'npx', args: ['-y', 'server', '${HOME_DIR}'], env: { TOKEN: '${FILES_TOKEN}' } },
          Remote_1: {
            type: 'http',
            url: 'https://example.org/mcp',
            headers: { Authorization: 'Bearer ${KEY:-none}' },
          },
          old: { command: 'old', disabled: true, autoApprove: ['x'], timeout: 60 },
          own: { url: 'http://own:8080', trusted: true, sampling: true, roots: ['file://${HOME_DIR}'] },
        },
      },
      { HOME_DIR: '/data', FILES_TOKEN: 'secret' },
    );
    expect(problems).toEqual([]);
    expect(servers).toEqual([
      {
        ...{ name: 'files', isDisabled: false, isTrusted: false, maySample: false, roots: [] },
        endpoint: {
          ...{ transport: 'stdio', command: 'npx', cwd: undefined },
          ...{ args: ['-y', 'server', '/data'], env: { TOKEN: 'secret' } },
        },
      },
      {
        ...{ name: 'Remote_1', isDisabled: false, isTrusted: false, maySample: false, roots: [] },
        endpoint: {
          ...{ transport: 'http', url: 'https://example.org/mcp' },
          headers: { Authorization: 'Bearer none' },
        },
      },
      expect.objectContaining({ name: 'old', isDisabled: true }),
      expect.objectContaining({ name: 'own', isTrusted: true, maySample: true, roots: ['file:///data'] }),
    ]);
  });

  it('may be absent', () => {
    expect(readMcpServersFile(undefined, {})).toEqual({ servers: [], problems: [] });
  });

  it('says how this server is registered with an authorization server', () => {
    const oauth = {
      issuer: 'https://login.example',
      clientId: 'us',
      clientSecret: '${SECRET}',
      callbackPort: 1,
    };
    const { servers } = one({ url: 'https://a.example/mcp', oauth }, { SECRET: 'hidden' });
    expect(servers[0]?.endpoint).toMatchObject({
      client: { issuer: 'https://login.example', clientId: 'us', clientSecret: 'hidden' },
    });
  });

  it.each([
    ['no JSON', '{', 'is not JSON'],
    ['no servers', {}, 'mcpServers'],
    ['a value of another type', { mcpServers: { a: { command: 1 } } }, 'mcpServers.a.command'],
  ])('is refused with %s', (_what, content, problem) => {
    expect(read(content).problems).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    [{}, /either `command`/],
    [{ command: 'a', url: 'https://a.example' }, /either `command`/],
    [{ url: 'ftp://a.example' }, /url is an http/],
    [{ url: 'https://me:secret@a.example' }, /url is an http/],
    [{ type: 'sse', url: 'https://a.example' }, /sse is not spoken/],
    [{ url: 'https://a.example', headers: { Host: 'b' } }, /Host is set by/],
    [{ url: 'https://a.example', headers: { 'Mcp-Session-Id': 'b' } }, /Mcp-Session-Id is set by/],
    [{ url: 'https://a.example', headers: { 'X-Key': 'secret\r\nX: y' } }, /X-Key has characters/],
    [{ url: 'https://a.example', headers: { 'X Key': 'secret' } }, /not that of a header/],
    [{ command: 'a', env: { A: '${UNSET}' } }, /UNSET is not set/],
    [{ command: 'a', roots: ['/data'] }, /roots are addresses/],
    [
      { url: 'https://a.example', oauth: { issuer: 'http://b.example', clientId: 'secret' } },
      /oauth.issuer: is/,
    ],
    [{ url: 'https://a.example', oauth: { issuer: 'b', clientId: '${UNSET:-secret}' } }, /oauth.issuer: is/],
  ])('is refused with the entry %j, in words and without a value', (entry, problem) => {
    const { problems } = one(entry);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems[0]).toMatch(/^MCP_SERVERS_FILE: mcpServers\.files: /);
    expect(problems[0]).not.toContain('secret');
  });

  it.each(['a__b', '_a', 'a_', '-', 'a b', '', 'ä', 'x'.repeat(33)])('has no server called %j', (name) => {
    expect(one({ command: 'a' }, {}, name).problems).toEqual([expect.stringContaining('its name')]);
  });

  it.each(['a', 'GitHub', 'brave-search', 'a_b', 'x'.repeat(32)])('may have one called %s', (name) => {
    expect(one({ command: 'a' }, {}, name).problems).toEqual([]);
  });

  it('stops the boot with every mistake', () => {
    const MCP_SERVERS_FILE = join(folder, 'bad.json');
    writeFileSync(MCP_SERVERS_FILE, JSON.stringify({ mcpServers: { a_: {}, b: { url: 'x' } } }));
    const JWT_SECRET = 'a-secret-that-is-long-enough-for-hs256';
    expect(() => loadConfig({ JWT_SECRET, MCP_SERVERS_FILE })).toThrow(/3 problem/);
    expect(() => loadConfig({ JWT_SECRET, MCP_SERVERS_FILE: join(folder, 'none') })).toThrow(
      /cannot be read/,
    );
  });
});

describe('the key of secrets at rest', () => {
  const JWT_SECRET = 'a-secret-that-is-long-enough-for-hs256';
  const keysOf = (SECRETS_KEY?: string) =>
    loadConfig({ JWT_SECRET, ...(SECRETS_KEY && { SECRETS_KEY }) }).secretsKeys;
  const bytes = Buffer.alloc(32, 7);

  it.each([bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')])(
    'may be %s',
    (text) => {
      expect(keysOf(text)).toEqual([bytes]);
      expect(keysOf(`${text}, ${'0'.repeat(64)}`)).toEqual([bytes, Buffer.alloc(32)]);
    },
  );

  it.each(['short', 'a'.repeat(63), `${bytes.toString('base64')},short`, ','])('is not %s', (text) => {
    expect(() => keysOf(text)).toThrow('SECRETS_KEY: is 32 bytes');
  });

  it('is made of the key of tokens where there is none, and is another one', () => {
    const [made] = keysOf();
    expect(made).toHaveLength(32);
    expect(keysOf()).toEqual([made]);
    expect(made!.toString('utf8')).not.toContain(JWT_SECRET.slice(0, 8));
    const issuer = { JWT_JWKS_URI: 'https://a.example/keys', JWT_ISSUER: 'a', JWT_AUDIENCE: 'b' };
    expect(loadConfig(issuer).secretsKeys).toEqual([]);
  });
});
