import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isThisMachine } from './value-types.js';

const text = z.string().max(10_000);
const texts = z.record(z.string().min(1).max(256), text);

/** How the operator has registered this server with the authorization server of an MCP server. */
const clientSchema = z.object({
  issuer: text,
  clientId: text.min(1),
  clientSecret: text.min(1).optional(),
});

const entrySchema = z.object({
  /** What other hosts write beside the rest; it says the same as `command` or `url`. */
  type: z.string().optional(),
  command: text.min(1).optional(),
  args: z.array(text).max(200).optional(),
  env: texts.optional(),
  cwd: text.optional(),
  url: text.optional(),
  headers: texts.optional(),
  oauth: clientSchema.optional(),
  disabled: z.boolean().optional(),
  /** The operator believes what the server says that its tools do; then a call may be repeated after a crash. */
  trusted: z.boolean().optional(),
  /** It may ask for a model's answer, which the user is asked about each time. */
  sampling: z.boolean().optional(),
  /** The folders that it is told to work in. */
  roots: z.array(text.max(2_000)).max(50).optional(),
});
type Entry = z.output<typeof entrySchema>;

const fileSchema = z.object({ mcpServers: z.record(z.string(), entrySchema) });

/** Where an MCP server is: a program that this machine runs, or an address. */
export type McpEndpoint =
  | {
      readonly transport: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      /** All that the program gets besides the few variables that every program needs, such as `PATH`. */
      readonly env: Readonly<Record<string, string>>;
      readonly cwd?: string | undefined;
    }
  | {
      readonly transport: 'http';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Absent: this server introduces itself. */
      readonly client?: McpClient | undefined;
    };

/** What an authorization server knows this server by. */
export interface McpClient {
  /** The authorization server that has registered it; it is used with no other. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
}

/** An MCP server that the operator has configured. */
export interface McpServerSettings {
  readonly name: string;
  readonly endpoint: McpEndpoint;
  readonly isDisabled: boolean;
  readonly isTrusted: boolean;
  /** It may ask for a model's answer. */
  readonly maySample: boolean;
  /** Addresses of the folders that it is told to work in. */
  readonly roots: readonly string[];
}

/** Names of servers that are part of a tool's name: without two underscores in a row, and none at either end. */
export const MCP_SERVER_NAME = /^(?!.*__)[A-Za-z0-9](?:[A-Za-z0-9_-]{0,30}[A-Za-z0-9])?$/;
export const MCP_SERVER_NAME_RULE =
  'has up to 32 letters, digits, `-` and single `_`, and begins and ends with a letter or digit';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads and validates the `mcpServers` file that desktop hosts use; each mistake is a sentence in `problems`, never with a
 * value in it. `${NAME}` and `${NAME:-default}` stand for variables of the environment.
 */
export function readMcpServersFile(
  path: string | undefined,
  environment: Variables,
): { readonly servers: readonly McpServerSettings[]; readonly problems: readonly string[] } {
  if (path === undefined) return { servers: [], problems: [] };
  const failed = (...problems: readonly string[]) => ({
    servers: [],
    problems: problems.map((problem) => `MCP_SERVERS_FILE: ${problem}`),
  });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return failed((error as NodeJS.ErrnoException).code === undefined ? 'is not JSON' : 'cannot be read');
  }
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success)
    return failed(...parsed.error.issues.map(({ path: where, message }) => `${where.join('.')}: ${message}`));
  const problems: string[] = [];
  const servers = Object.entries(parsed.data.mcpServers).flatMap(([name, entry]) => {
    const say = (problem: string) => problems.push(`mcpServers.${name}: ${problem}`);
    return serverOf(name, withVariables(entry, environment, say), say);
  });
  return problems.length > 0 ? failed(...problems) : { servers, problems };
}

type Say = (problem: string) => void;

function serverOf(name: string, entry: Entry, say: Say): McpServerSettings[] {
  if (!MCP_SERVER_NAME.test(name)) say(`its name ${MCP_SERVER_NAME_RULE}`);
  if ((entry.type ?? '') === 'sse')
    say('the transport sse is not spoken; give the address of its Streamable HTTP endpoint');
  const endpoint = endpointOf(entry, say);
  if (endpoint === undefined) return [];
  const { disabled = false, trusted = false, sampling = false, roots = [] } = entry;
  if (!roots.every((root) => URL.parse(root)?.protocol === 'file:')) say('roots are addresses with file://');
  return [{ name, endpoint, isDisabled: disabled, isTrusted: trusted, maySample: sampling, roots }];
}

function endpointOf(
  { command, args, env, cwd, url, headers, oauth }: Entry,
  say: Say,
): McpEndpoint | undefined {
  if ((command === undefined) === (url === undefined)) {
    say('needs either `command`, for a program, or `url`');
    return undefined;
  }
  if (command !== undefined) return { transport: 'stdio', command, args: args ?? [], env: env ?? {}, cwd };
  const parsed = URL.parse(url ?? '');
  if (
    parsed === null ||
    !/^https?:$/.test(parsed.protocol) ||
    parsed.username !== '' ||
    parsed.password !== ''
  ) {
    say('url is an http:// or https:// address without a name and a password');
    return undefined;
  }
  const problem = headersProblem(headers ?? {});
  if (problem !== undefined) say(`headers: ${problem}`);
  const issuerProblem = oauth === undefined ? undefined : issuerProblemOf(oauth.issuer);
  if (issuerProblem !== undefined) say(`oauth.issuer: ${issuerProblem}`);
  return { transport: 'http', url: parsed.href, headers: headers ?? {}, client: oauth };
}

/** What is wrong with the name of an authorization server, as the rest of a sentence. */
export function issuerProblemOf(issuer: string): string | undefined {
  const url = URL.parse(issuer);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isThisMachine(url.hostname));
  return isSafe && url.username === '' && url.hash === '' && url.search === ''
    ? undefined
    : 'is the https:// address by which the authorization server calls itself';
}

/** Headers that say how a message is framed or belongs, and are the connection's to set. */
const RESERVED =
  /^(host|content-.*|transfer-encoding|connection|upgrade|accept|mcp-.*|last-event-id|cookie)$/i;

/** What is wrong with headers that go along with every request to a server, as the rest of a sentence. */
export function headersProblem(headers: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name)) return 'a name is not that of a header';
    if (RESERVED.test(name)) return `${name} is set by the connection itself`;
    if (!/^[\t\x20-\x7e]{0,8192}$/.test(value)) return `${name} has characters that a header cannot have`;
  }
  return undefined;
}

function withVariables(entry: Entry, environment: Variables, say: Say): Entry {
  const missing = new Set<string>();
  const expand = (value: string) =>
    value.replace(
      /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
      (_all, name: string, fallback?: string) => {
        const found = environment[name] ?? fallback;
        if (found === undefined) missing.add(name);
        return found ?? '';
      },
    );
  const each = (values: Readonly<Record<string, string>> | undefined) =>
    values && Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expand(value)]));
  const expanded = {
    ...entry,
    command: entry.command && expand(entry.command),
    args: entry.args?.map(expand),
    roots: entry.roots?.map(expand),
    env: each(entry.env),
    cwd: entry.cwd && expand(entry.cwd),
    url: entry.url && expand(entry.url),
    headers: each(entry.headers),
    oauth: entry.oauth && {
      issuer: expand(entry.oauth.issuer),
      clientId: expand(entry.oauth.clientId),
      clientSecret: entry.oauth.clientSecret && expand(entry.oauth.clientSecret),
    },
  };
  for (const name of missing) say(`${name} is not set`);
  return expanded;
}
