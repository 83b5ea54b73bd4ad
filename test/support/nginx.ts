import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './free-port.js';

const PROGRAM = '/usr/sbin/nginx';
const START_LIMIT_MS = 10_000;

/** `example` is the one in docs/; `hostile` buffers and compresses whatever it may; `deaf` does not let itself be told. */
export type NginxConfiguration = 'example' | 'hostile' | 'deaf';

export interface Nginx {
  readonly url: string;
  /** What it complained about. */
  errors(): Promise<string>;
  close(): Promise<void>;
}

export function hasNginx(): boolean {
  return spawnSync(PROGRAM, ['-v'], { stdio: 'ignore' }).status === 0;
}

/** Starts an nginx in front of servers at two ports of 127.0.0.1. */
export async function startNginx(
  configuration: NginxConfiguration,
  ports: readonly [number, number],
): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'threadline-nginx-'));
  const port = await freePort();
  await mkdir(join(folder, 'temporary'));
  const deaf = configuration === 'deaf' ? 'proxy_ignore_headers X-Accel-Buffering;' : '';
  const site = configuration === 'example' ? await exampleSite(port, ports) : hostileSite(port, ports, deaf);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, whole(folder, site));
  const server = spawn(PROGRAM, ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const orphan = () => server.kill('SIGKILL');
  process.once('exit', orphan);
  const errors = () => readFile(join(folder, 'error.log'), 'utf8').catch(() => '');
  await untilItListens(server, port, errors);
  return {
    url: `http://127.0.0.1:${port}`,
    errors,
    async close() {
      process.off('exit', orphan);
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGTERM');
        await once(server, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One process in the foreground, and what Debian's own configuration has around a site. */
function whole(folder: string, site: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, 'temporary', kind)};`,
  );
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
master_process off;
pid ${join(folder, 'nginx.pid')};
events { worker_connections 2048; }
http {
  access_log off;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  gzip on;
  ${temporary.join('\n  ')}
${site}
}
`;
}

/** The documented file, at other ports; throws when it no longer has what is replaced here. */
async function exampleSite(port: number, [first, second]: readonly [number, number]): Promise<string> {
  let site = await readFile(resolve('docs', 'nginx.conf.example'), 'utf8');
  for (const [documented, actual] of [
    ['listen 80;', `listen 127.0.0.1:${port};`],
    ['server 127.0.0.1:3000 ', `server 127.0.0.1:${first} `],
    ['server 127.0.0.1:3001 ', `server 127.0.0.1:${second} `],
  ] as const) {
    if (!site.includes(documented)) throw new Error(`docs/nginx.conf.example has no "${documented}".`);
    site = site.replace(documented, actual);
  }
  return site;
}

/** What a stream has to get through: buffers as nginx has them, HTTP/1.0 upstream, gzip for everything. */
function hostileSite(port: number, ports: readonly [number, number], more: string): string {
  return `
  upstream threadline { ${ports.map((upstream) => `server 127.0.0.1:${upstream};`).join(' ')} }
  server {
    listen 127.0.0.1:${port};
    gzip_types *;
    gzip_proxied any;
    gzip_min_length 0;
    gzip_http_version 1.0;
    location / { proxy_pass http://threadline; ${more} }
  }
`;
}

async function untilItListens(
  server: ChildProcess,
  port: number,
  errors: () => Promise<string>,
): Promise<void> {
  let words = '';
  server.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await listens(port))) {
    if (server.exitCode !== null || Date.now() > deadline)
      throw new Error(`nginx did not start: ${words}${await errors()}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
