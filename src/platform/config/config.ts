import { hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type z } from 'zod';
import { keptDevSecret } from './dev-secret.js';
import { environmentSchema, type Environment } from './environment.js';
import { readMcpServersFile, type McpServerSettings } from './mcp-servers-file.js';
import { readProvidersFile, type ProviderSettings } from './providers-file.js';
import { searchProblems } from './sections/tool.js';
import { readWebhooksFile, type WebhookSettings } from './webhooks-file.js';
import { isRunByNpm } from './started-by.js';

/** The server's version; a test compares it with `package.json`. */
export const VERSION = '0.1.0';

/** Injection token of the frozen {@link Config}. */
export const CONFIG = Symbol('Config');

/** All settings, read and validated once at boot. */
export type Config = Readonly<Environment> & {
  /** Whether `POST /auth/dev-token` exists. */
  readonly devAuth: boolean;
  /** Whether `PORT` is set: otherwise, and not in production, a free port may be used instead. */
  readonly isPortFixed: boolean;
  /** The HS256 key: `JWT_SECRET`, or a generated one while dev auth is on. */
  readonly jwtSecret: string | undefined;
  /**
   * The process with which this one stops: its parent (optionally by its id), npm including a shell in between, or
   * none.
   */
  readonly stopsWith: 'parent' | 'npm' | 'nobody' | number;
  /** The contents of `LLM_PROVIDERS_FILE`, with the keys it refers to. */
  readonly providers: readonly ProviderSettings[];
  /** The contents of `MCP_SERVERS_FILE`, with the variables that it refers to. */
  readonly mcpServers: readonly McpServerSettings[];
  /** The contents of `WEBHOOKS_FILE`, with the secrets that it refers to. */
  readonly webhooks: readonly WebhookSettings[];
  /**
   * 32 bytes each, with which what is secret is encrypted at rest: with the first one; what any of them has encrypted can be
   * read. `SECRETS_KEY`, or one made of the HS256 key; none without either.
   */
  readonly secretsKeys: readonly Buffer[];
};

/** Invalid settings that prevent the boot; `problems` has one sentence for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
}

/** The process's environment over the variables of an `.env` file in the working directory, if there is one. */
export function readEnvironment(path = '.env'): Record<string, string | undefined> {
  let file: Record<string, string | undefined> = {};
  try {
    file = parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return { ...file, ...process.env };
}

/**
 * Reads and validates all variables. Throws one {@link ConfigError} with all mistakes. `fixed` overrides the
 * environment, whose values are validated nevertheless.
 */
export function loadConfig(
  environment: Record<string, string | undefined>,
  fixed: { readonly ROLE?: Environment['ROLE'] } = {},
): Config {
  // An empty variable counts as unset: docker-compose writes `KEY=` for variables without a value.
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) throw new ConfigError(linesOf(parsed.error.issues));
  const values = { ...parsed.data, ...fixed };
  const devAuth = hasDevAuth(values, present);
  const { providers, problems: inFile } = readProvidersFile(values.LLM_PROVIDERS_FILE, present);
  const { servers: mcpServers, problems: inMcpFile } = readMcpServersFile(values.MCP_SERVERS_FILE, present);
  const { webhooks, problems: inWebhooksFile } = readWebhooksFile(values.WEBHOOKS_FILE, present);
  const problems = [...crossChecks(values, devAuth), ...inFile, ...inMcpFile, ...inWebhooksFile];
  if (problems.length > 0) throw new ConfigError(problems);
  const jwtSecret = values.JWT_SECRET ?? (devAuth ? devSecret(values) : undefined);
  return Object.freeze({
    ...values,
    devAuth,
    isPortFixed: present['PORT'] !== undefined || values.NODE_ENV === 'production',
    stopsWith: stopsWith(values, environment),
    providers,
    mcpServers,
    webhooks,
    jwtSecret,
    secretsKeys: values.SECRETS_KEY ?? (jwtSecret === undefined ? [] : [madeOf(jwtSecret)]),
  });
}

function stopsWith(
  { STOP_WITH_PARENT }: Environment,
  environment: Readonly<Record<string, string | undefined>>,
): Config['stopsWith'] {
  if (STOP_WITH_PARENT === 'true') return 'parent';
  if (STOP_WITH_PARENT === 'false') return 'nobody';
  if (STOP_WITH_PARENT !== undefined) return Number(STOP_WITH_PARENT);
  return isRunByNpm(environment) ? 'npm' : 'nobody';
}

/** The settings that locate the database. */
export type DatabaseSettings = Pick<Environment, 'DATABASE_URL' | 'DATA_DIR'>;

/** The same for programs that need only a database. Throws {@link ConfigError}. */
export function loadDatabaseSettings(environment: Record<string, string | undefined>): DatabaseSettings {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = environmentSchema.pick({ DATABASE_URL: true, DATA_DIR: true }).safeParse(present);
  if (!parsed.success) throw new ConfigError(linesOf(parsed.error.issues));
  return parsed.data;
}

/** One line for each variable: a value that fails its first check often fails the next ones for the same reason. */
function linesOf(issues: readonly z.core.$ZodIssue[]): string[] {
  const lines = new Map<string, string>();
  for (const { path, message } of issues) {
    const name = path.join('.');
    if (!lines.has(name)) lines.set(name, `${name}: ${message}`);
  }
  return [...lines.values()];
}

/**
 * Dev auth is on if it is enabled; by default only for a development server on loopback without any other
 * authentication. A worker has no routes, so it never is.
 */
function hasDevAuth(values: Environment, present: Record<string, unknown>): boolean {
  if (values.ROLE === 'worker') return false;
  if (values.AUTH_DEV !== undefined) return values.AUTH_DEV;
  const isConfigured = Object.keys(present).some((name) => AUTHENTICATION.test(name));
  return values.NODE_ENV !== 'production' && !isConfigured && isLoopback(values.HOST);
}

/**
 * The variables that configure authentication, even partially; those of OpenID Connect count although they are not
 * read.
 */
const AUTHENTICATION = /^(JWT_(SECRET|JWKS_URI|ISSUER|AUDIENCE)|GOOGLE_CLIENT_ID|ALLOWED_EMAILS|OIDC_.*)$/;

/** Who else could get a dev token, which gives access as any user. */
function devAuthProblems({ HOST, CORS_ORIGINS }: Environment): string[] {
  const problems: string[] = [];
  if (!isLoopback(HOST)) {
    problems.push(
      `AUTH_DEV: dev tokens let anybody in, so they are refused while HOST is ${HOST}; unset AUTH_DEV or listen on 127.0.0.1`,
    );
  }
  if (CORS_ORIGINS !== undefined) {
    problems.push(
      'AUTH_DEV: dev tokens let anybody in, so they are refused while CORS_ORIGINS lets other pages call; set JWT_SECRET, or JWT_JWKS_URI, or GOOGLE_CLIENT_ID and leave AUTH_DEV out, or unset CORS_ORIGINS',
    );
  }
  return problems;
}

function crossChecks(values: Environment, devAuth: boolean): string[] {
  const problems = [...(devAuth ? devAuthProblems(values) : []), ...searchProblems(values)];
  if (values.ROLE !== 'all' && values.DATABASE_URL === undefined) {
    problems.push(
      `ROLE: ${values.ROLE} is one process of several, and they share a database; set DATABASE_URL, or use all`,
    );
  }
  if (values.DATABASE_DIRECT_URL !== undefined && values.DATABASE_URL === undefined) {
    problems.push(
      'DATABASE_DIRECT_URL: is the address past a pooler, and goes beside DATABASE_URL; where there is no pooler, set DATABASE_URL alone',
    );
  }
  const jwks = values.JWT_JWKS_URI !== undefined;
  if (jwks && (values.JWT_ISSUER === undefined || values.JWT_AUDIENCE === undefined)) {
    problems.push(
      'JWT_JWKS_URI: needs JWT_ISSUER and JWT_AUDIENCE beside it, or tokens made for others would be taken',
    );
  }
  if (
    values.ROLE !== 'worker' &&
    !devAuth &&
    values.JWT_SECRET === undefined &&
    !jwks &&
    values.GOOGLE_CLIENT_ID === undefined
  ) {
    problems.push('JWT_SECRET: nobody could log in; set JWT_SECRET, or JWT_JWKS_URI, or GOOGLE_CLIENT_ID');
  }
  return problems;
}

/** Whether only this machine can reach a server listening on the host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A key of its own for what is encrypted, so that no secret serves two purposes. */
function madeOf(jwtSecret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', jwtSecret, '', 'threadline secrets at rest', 32));
}

/** Stored beside the embedded database; with another database it lasts as long as the process. */
function devSecret({ DATABASE_URL, DATA_DIR }: Environment): string {
  if (DATABASE_URL === undefined) return keptDevSecret(DATA_DIR);
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}
