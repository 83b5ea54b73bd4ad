import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabase } from '../setup/test-database.js';
import { AuthorizationStandIn } from '../doubles/authorization-stand-in.js';
import type { McpStandIn } from '../doubles/mcp-stand-in.js';
import { startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startProtectedMcp } from './protected-mcp.js';
import type { TestUser } from './test-user.js';

export const NOTES = '/mcp/servers/notes';

/** What servers need whose users log in for the MCP server `notes`: that one, two authorization servers of which it trusts the first, a database. */
export class LoginWorld {
  private constructor(
    readonly environment: Record<string, string>,
    readonly first: AuthorizationStandIn,
    readonly second: AuthorizationStandIn,
    readonly notes: McpStandIn,
    /** Whom the MCP server trusts. */
    readonly trusts: { now: AuthorizationStandIn },
    private readonly end: () => Promise<unknown>,
  ) {}

  static async start(): Promise<LoginWorld> {
    const [openAi, first, second, database] = await Promise.all([
      startOpenAiStandIn(),
      AuthorizationStandIn.start(),
      AuthorizationStandIn.start(),
      freshDatabase(),
    ]);
    const trusts = { now: first };
    const notes = await startProtectedMcp(() => trusts.now);
    const folder = mkdtempSync(join(tmpdir(), 'mcp-logins-'));
    const file = join(folder, 'servers.json');
    writeFileSync(file, JSON.stringify({ mcpServers: { notes: { url: notes.url } } }));
    const environment = {
      ...{ DATABASE_URL: database.connectionString, OPENAI_URL: openAi.url, MCP_SERVERS_FILE: file },
      ...{ TOOL_APPROVAL: '*=never', EGRESS_ALLOW: '127.0.0.1' },
    };
    const end = async () => {
      await Promise.all([openAi, first, second, notes].map((one) => one.close()));
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    };
    return new LoginWorld(environment, first, second, notes, trusts, end);
  }

  /** As it was in the beginning, but for what was registered, given and taken back. */
  reset(): void {
    this.trusts.now = this.first;
    for (const { faults } of [this.first, this.second]) {
      faults.expiresIn = 3_600;
      delete faults.iss;
      delete faults.error;
      delete faults.metadata;
    }
  }

  close(): Promise<unknown> {
    return this.end();
  }
}

/** Begins a login; where the browser is sent. */
export async function begin(user: TestUser): Promise<string> {
  const { status, body } = await user.ask('POST', `${NOTES}/authorize`);
  expect([status, body]).toEqual([200, { url: expect.any(String) }]);
  return body.url as string;
}

/** Where the authorization server sends the browser back to. */
export async function wayBack(url: string): Promise<string> {
  return (await fetch(url, { redirect: 'manual' })).headers.get('location')!;
}

/** What a browser shows. */
export async function open(url: string) {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, page: await response.text() };
}

/** All of a login. */
export const logIn = async (user: TestUser) => open(await wayBack(await begin(user)));

/** How the server does, for the user. */
export async function stateOf(user: TestUser): Promise<{ readonly status: string; readonly tools: number }> {
  const { servers } = (await user.ask('GET', '/mcp/servers')).body;
  return servers.find(({ name }: { name: string }) => name === 'notes');
}

/** What a model hears of a call of the tool. */
export async function call(user: TestUser, tool: string): Promise<string> {
  const path = `/chat/threads/${await user.newThread()}/messages`;
  const content = `Do it. {{call notes__${tool} {}}}`;
  const { body } = await user.ask('POST', path, { content, options: { tools: true } });
  return body.message?.content as string;
}
