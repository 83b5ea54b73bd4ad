import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { withDatabase } from '../setup/connection-string.js';
import { SERVER_VARIABLE } from '../setup/test-server-variables.js';
import { freePort } from '../support/free-port.js';
import { TEST_SECRET } from '../support/secret.js';
import { until } from '../support/until.js';

const given = process.env[SERVER_VARIABLE] ?? '';

/** A message of the server's side of the protocol. */
function message(kind: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(kind), length, body]);
}

/** What a Postgres says that ends a connection. */
const refusal = (code: string, words: string) =>
  message('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${words}\0\0`));

/** Asks for a password by SCRAM-SHA-256, as far as a driver gets that has none. */
const ASKS_FOR_PASSWORD = ['\u000aSCRAM-SHA-256\0\0', '\u000br=nonce,s=c2FsdA==,i=4096'].map((body) =>
  message('R', Buffer.from(`\0\0\0${body}`)),
);

describe('a start that was told no port', () => {
  it('takes a free one where the default is taken, and says so', async () => {
    const taking = createServer();
    const isTaken = once(taking.listen(3000, '127.0.0.1'), 'listening');
    // Where it is taken already, so much the better.
    await isTaken.catch(() => undefined);
    const { PORT: _1, REDIS_URL: _2, ROLE: _3, ...inherited } = process.env;
    const env = { ...inherited, DATABASE_URL: given, JWT_SECRET: TEST_SECRET, NODE_ENV: 'development' };
    const child = spawn(process.execPath, ['dist/src/main.js'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let words = '';
    child.stdout.on('data', (data: Buffer) => (words += data.toString()));
    await until(() => / listens on http/.test(words) || child.exitCode !== null);
    const url = /listens on (http:\S+)/.exec(words)?.[1] ?? '';
    const { status } = await fetch(`${url}/health/live`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    taking.close();

    expect(words).toContain('Port 3000 is taken by another program, so a free one is used.');
    expect(url).not.toContain(':3000');
    expect(status).toBe(200);
  }, 120_000);
});

describe('a start that cannot go on', () => {
  const servers: Server[] = [];
  afterAll(() => servers.forEach((server) => server.close()));

  /** How it ended: the exit code, and everything that was printed. */
  const outcome = (entry: 'main' | 'worker', settings: Record<string, string>) =>
    new Promise<{ code: number | null; words: string }>((resolve) => {
      const { DATABASE_URL: _1, REDIS_URL: _2, ROLE: _3, ...inherited } = process.env;
      const env = { ...inherited, PORT: '0', JWT_SECRET: TEST_SECRET, NODE_ENV: 'development', ...settings };
      const child = execFile(
        process.execPath,
        [`dist/src/${entry}.js`],
        { env, timeout: 20_000 },
        (_, out, err) => resolve({ code: child.exitCode, words: out + err }),
      );
    });

  /** A port where whoever connects gets these answers in turn: not every server at hand asks for passwords. */
  async function answering(...answers: readonly Buffer[]): Promise<number> {
    const server = createServer((socket) => {
      const left = [...answers];
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(left.shift() ?? ''));
    });
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('names an address that is not this machine’s', async () => {
    const { code, words } = await outcome('main', { DATABASE_URL: given, HOST: '203.0.113.9' });

    expect(words).toContain(
      'This machine cannot listen on 203.0.113.9. Set HOST to one of its addresses: 127.0.0.1 for itself only, 0.0.0.0 for everybody.\n',
    );
    expect(words).not.toContain('    at ');
    expect(code).toBe(1);
  });

  it('says that a port it was told to use is taken', async () => {
    const server = createServer();
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, words } = await outcome('main', { DATABASE_URL: given, PORT: String(port) });

    expect(words).toContain(`Port ${port} is taken by another program.`);
    expect(words).not.toContain('    at ');
    expect(code).toBe(1);
  });

  it('names a database that is not there', async () => {
    const { code, words } = await outcome('main', {
      DATABASE_URL: withDatabase(given, 'threadline_nowhere'),
    });

    expect(words).toBe(
      'The database server has no such database (database "threadline_nowhere" does not exist). ' +
        'Create it (CREATE DATABASE), or name another one in DATABASE_URL.\n',
    );
    expect(code).toBe(1);
  });

  it('names a role that is not let in, and never its password', async () => {
    const address = given.replace(/\/\/([^@/]*@)?/, '//threadline_nobody:hunter2@');
    for (const entry of ['main', 'worker'] as const) {
      const { code, words } = await outcome(entry, { DATABASE_URL: address });

      expect(words).toMatch(
        /^The database refused the login \(.*"threadline_nobody".*\)\. Check the role and the password in DATABASE_URL\.\n$/,
      );
      expect(words).not.toContain('hunter2');
      expect(code).toBe(1);
    }
  });

  it.each([
    [
      'a wrong password',
      refusal('28P01', 'password authentication failed for user "me"'),
      /^The database refused the login \(password authentication failed for user "me"\)\. Check .*\n$/,
    ],
    [
      'a missing right',
      refusal('42501', 'permission denied for database "x"'),
      /^The role of DATABASE_URL lacks a right \(permission denied for database "x"\)\. GRANT it.*\n$/,
    ],
  ])('has a sentence for %s', async (_, answer, sentence) => {
    const address = `postgres://me:hunter2@127.0.0.1:${await answering(answer)}/x`;
    const { code, words } = await outcome('main', { DATABASE_URL: address });

    expect(words).toMatch(sentence);
    expect(words).not.toContain('hunter2');
    expect(code).toBe(1);
  });

  it('has a sentence for a password that was left out', async () => {
    const address = `postgres://me@127.0.0.1:${await answering(...ASKS_FOR_PASSWORD)}/x`;

    // The driver takes a password from elsewhere too.
    expect((await outcome('main', { DATABASE_URL: address, PGPASSWORD: '' })).words).toMatch(
      /^The database refused the login \(SASL: .*\)\. Check the role and the password in DATABASE_URL\.\n$/,
    );
  });

  it('has a sentence for a database that nobody answers for', async () => {
    const sentence = /^The database could not be reached \(\S.*\)\. Check DATABASE_URL, .*\n$/;
    for (const address of [
      `postgres://me:hunter2@127.0.0.1:${await freePort()}/x`,
      `postgres://me:hunter2@localhost:${await freePort()}/x`,
      'postgres://me:hunter2@/x?host=/nowhere',
    ]) {
      const { code, words } = await outcome('main', { DATABASE_URL: address });
      expect(words).toMatch(sentence);
      expect(words).not.toContain('hunter2');
      expect(code).toBe(1);
    }
  });

  it('does not overlook a role that does not exist, in the process that has one of its own either', async () => {
    for (const entry of ['main', 'worker'] as const) {
      expect(await outcome(entry, { DATABASE_URL: given, ROLE: 'bar' })).toEqual({
        code: 1,
        words: 'The configuration has 1 problem(s):\n  - ROLE: is all, api or worker\n',
      });
    }
  });
});
