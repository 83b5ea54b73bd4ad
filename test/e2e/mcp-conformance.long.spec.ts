import { join } from 'node:path';
import { freshDatabase } from '../setup/test-database.js';
import {
  conformanceOf,
  installConformance,
  requiredServerScenarios,
  withToken,
} from '../support/mcp-conformance.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';

const PROGRAM = [
  '--import',
  join(process.cwd(), 'test', 'setup', 'typescript-hooks.mjs'),
  join(process.cwd(), 'test', 'support', 'mcp-process.ts'),
];
const CHECKS_2026 = 120;

/**
 * A server without sessions has no way back to a client: what asks or tells it something between its requests, or has it
 * choose what it is told, cannot be there.
 */
const NEEDS_A_SESSION = [
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
  'logging-set-level',
  'resources-subscribe',
  'resources-unsubscribe',
  'tools-call-elicitation',
  'tools-call-sampling',
  'tools-call-with-logging',
];

/** Its package is installed for it, from the registry. */
describe('the conformance suite of the Model Context Protocol', () => {
  let server: ServerProcess;
  let proxy: Awaited<ReturnType<typeof withToken>>;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  beforeAll(async () => {
    await installConformance();
    database = await freshDatabase();
    // Dev tokens answer requests to this machine alone, whatever name they were sent to.
    server = await startServerProcess({ DATABASE_URL: database.connectionString, AUTH_DEV: 'true' }, PROGRAM);
    proxy = await withToken(server.url, (await server.user()).token);
  }, 240_000);
  afterAll(async () => {
    proxy?.close();
    await server?.end('SIGTERM');
    await database?.drop();
  });

  it('finds every scenario and check of 2026-07-28', async () => {
    const found = await conformanceOf(proxy.url, '2026-07-28');
    expect(new Set(found.keys())).toEqual(await requiredServerScenarios('2026-07-28'));
    expect([...found.values()].flatMap(({ failed }) => failed)).toEqual([]);
    expect([...found.values()].reduce((sum, { passed }) => sum + passed, 0)).toBe(CHECKS_2026);
  }, 300_000);

  it('finds everything of 2025-11-25 that needs no session', async () => {
    const found = await conformanceOf(proxy.url, '2025-11-25');
    const failing = [...found].filter(([, { failed }]) => failed.length > 0).map(([name]) => name);
    expect(failing.sort()).toEqual(NEEDS_A_SESSION);
  }, 300_000);
});
