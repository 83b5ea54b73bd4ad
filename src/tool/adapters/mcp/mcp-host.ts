import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AppError, waitAtMost, type Person } from '../../../kernel/index.js';
import { CONFIG, VERSION, type Config } from '../../../platform/config/index.js';
import { EgressAllow, egressFetch, type EgressFetch } from '../../../platform/egress/index.js';
import { Sealer } from '../../../platform/secrets/index.js';
import { MODEL_SAMPLER, type ModelSampler } from '../../ports/model-sampler.js';
import type { Tool } from '../../ports/tool.js';
import type {
  AskedPrompt,
  ServerPrompt,
  ServerResource,
  ServerState,
  ServerTarget,
  ToolServers,
} from '../../ports/tool-servers.js';
import { failureOf } from './call-failure.js';
import { Connection, type Era } from './connection.js';
import { LimitedListings } from './limited-listings.js';
import { McpMetrics } from './mcp-metrics.js';
import { McpTool } from './mcp-tool.js';
import { McpAuthorization } from './oauth/mcp-authorization.js';
import { promptOf, promptText, resourceOf, textOf } from './offers.js';
import { ServerAway, ServerSession, type OpenConnection } from './server-session.js';

/** A connection that nobody has used for so long is closed; what the server has told is kept for longer. */
const IDLE_MS = 300_000;
const SWEEP_MS = 15_000;
/** Sessions that a process keeps, open or not, and connections among them. */
const MAX_SESSIONS = 5_000;
const MAX_CONNECTIONS = 1_000;
/** Entries of a list that are shown. */
const MAX_OFFERS = 1_000;
/** How long a server counts as one of the older era. */
const ERA_MS = 3_600_000;

const LIMITS = {
  maxBytes: 10_000_000,
  maxEventBytes: 10_000_000,
  maxStreamBytes: 100_000_000,
  headersMs: 620_000,
};

/** For servers that are asked before anybody needs them. */
const NOBODY: Person = { org: '', id: '' };

type HostConfig = Pick<Config, 'EGRESS_ALLOW' | 'mcpServers' | 'secretsKeys'>;

/** What any server may ask the user. */
const QUESTIONS = { elicitation: { form: {}, url: {} } };

/** The MCP servers that this process has dealings with. */
@Injectable()
export class McpHost implements ToolServers, OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(McpHost.name);
  private readonly sessions = new Map<string, ServerSession>();
  private readonly reached = new Set<string>();
  private readonly eras = new Map<string, { readonly era: Era; readonly until: number }>();
  private readonly sealer: Sealer;
  private readonly sweeper: NodeJS.Timeout;

  constructor(
    @Inject(CONFIG) private readonly config: HostConfig,
    private readonly metrics: McpMetrics,
    @Inject(MODEL_SAMPLER) private readonly sampler: ModelSampler,
    private readonly authorization: McpAuthorization,
  ) {
    this.sealer = new Sealer(config.secretsKeys);
    this.sweeper = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  /** Asks the configured servers, so that it is known how they do; nobody waits for it. */
  onModuleInit(): void {
    for (const { isDisabled, ...server } of this.config.mcpServers)
      if (!isDisabled) void this.tools(NOBODY, { ...server, isConfigured: true }).catch(() => undefined);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.sweeper);
    const sessions = [...this.sessions.values()];
    this.sessions.clear();
    await Promise.all(sessions.map((session) => session.forget()));
  }

  async tools(person: Person, target: ServerTarget, signal?: AbortSignal): Promise<readonly Tool[]> {
    const session = this.sessionOf(person, target);
    try {
      const { tools } = await session.tools(signal);
      return tools.map((defined) => new McpTool(session, defined, this.sampler));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ServerAway) return [];
      throw error;
    }
  }

  async state(person: Person, target: ServerTarget, waitMs: number): Promise<ServerState> {
    const session = this.sessionOf(person, target);
    const asked = session.tools(undefined).then(() => session.count());
    await waitAtMost(
      waitMs,
      asked.catch(() => undefined),
    );
    return session.state();
  }

  async resources(person: Person, target: ServerTarget): Promise<readonly ServerResource[]> {
    const listed = await this.ask(person, target, (connection, signal) => connection.resources(signal));
    return listed.slice(0, MAX_OFFERS).map(resourceOf);
  }

  async prompts(person: Person, target: ServerTarget): Promise<readonly ServerPrompt[]> {
    const listed = await this.ask(person, target, (connection, signal) => connection.prompts(signal));
    return listed.slice(0, MAX_OFFERS).map(promptOf);
  }

  async read(person: Person, target: ServerTarget, uri: string, maxChars: number): Promise<string> {
    const read = await this.ask(person, target, (connection, signal) => connection.read(uri, signal));
    return textOf(read, maxChars);
  }

  async prompt(
    person: Person,
    target: ServerTarget,
    { name, arguments: args = {} }: AskedPrompt,
    maxChars: number,
  ): Promise<string> {
    const said = await this.ask(person, target, (connection, signal) =>
      connection.prompt(name, args, signal),
    );
    return promptText(said, maxChars);
  }

  forget({ name }: Pick<ServerTarget, 'name'>, { org, id }: Partial<Person>): void {
    for (const [key, session] of this.sessions) {
      const { target, person } = session;
      if (target.name !== name || (org !== undefined && person.org !== org)) continue;
      if (id !== undefined && person.id !== id) continue;
      this.sessions.delete(key);
      void session.forget();
    }
  }

  connected(): readonly string[] {
    return this.config.mcpServers.map(({ name }) => name).filter((name) => this.reached.has(name));
  }

  private async ask<Answer>(
    person: Person,
    target: ServerTarget,
    question: (connection: Connection, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await this.sessionOf(person, target).ask(question);
    } catch (error) {
      if (!(error instanceof ServerAway)) throw error;
      const { kind, reason } = error.failure;
      if (kind === 'unauthorized')
        throw new AppError(
          'STATE_CONFLICT',
          `The MCP server ${target.name} asks for a credential of yours: enter one, or log in there.`,
        );
      if (kind === 'refused')
        throw new AppError('PROVIDER_ERROR', `The MCP server ${target.name} does not do that. ${reason}`);
      throw new AppError('PROVIDER_UNAVAILABLE', `The MCP server ${target.name} cannot be asked. ${reason}`);
    }
  }

  private sessionOf(person: Person, target: ServerTarget): ServerSession {
    const identity = identityOf(target);
    // With the credential, so that nothing told for one is shown for another.
    const key = hashOf(JSON.stringify([person.org, person.id, target]));
    const known = this.sessions.get(key);
    if (known !== undefined) {
      // The last one of the map is the one that was used last.
      this.sessions.delete(key);
      this.sessions.set(key, known);
      return known;
    }
    const session = new ServerSession(person, target, identity, this.opener(person, identity), this.sealer);
    this.sessions.set(key, session);
    this.evict();
    return session;
  }

  private opener(person: Person, identity: string): OpenConnection {
    return async (target, { onToolsChanged, onClosed, onListing, onQuestion }, signal) => {
      const label = target.isConfigured ? target.name : 'added';
      const fetch = this.authorization.watch(person, target, this.fetchFor(target));
      const listings = new LimitedListings(fetch);
      onListing(() => listings.begin());
      const known = this.eras.get(identity);
      const era = known !== undefined && known.until > performance.now() ? known.era : undefined;
      let isCounted = false;
      try {
        const connection = await Connection.open(
          target,
          {
            ...{ fetch: listings.fetch, era, onToolsChanged, onQuestion },
            ...{ capabilities: this.capabilitiesFor(target), roots: target.roots },
            bearer: this.authorization.bearer(person, target),
            onClosed: () => {
              if (isCounted) this.metrics.closed(label);
              isCounted = false;
              onClosed();
            },
          },
          signal,
        );
        isCounted = !connection.isClosed;
        this.metrics.opened(label);
        if (!isCounted) this.metrics.closed(label);
        if (target.isConfigured) this.reached.add(target.name);
        this.keepEra(identity, connection.era);
        return connection;
      } catch (error) {
        this.eras.delete(identity);
        this.failed(target, label, error);
        throw error;
      }
    };
  }

  /** What the server may ask for: what a question leaves is kept sealed, or not at all. */
  private capabilitiesFor({ maySample, roots }: ServerTarget) {
    return {
      ...(this.sealer.isAvailable && { ...QUESTIONS, ...(maySample && { sampling: {} }) }),
      ...(roots.length > 0 && { roots: {} }),
    };
  }

  private failed(target: ServerTarget, label: string, error: unknown): void {
    const { kind, reason } = failureOf(error);
    this.metrics.failed(label, kind === 'unauthorized' ? 'unauthorized' : 'failed');
    if (target.isConfigured && kind !== 'unauthorized') this.reached.delete(target.name);
    this.logger.warn({ server: target.name, kind, reason }, 'An MCP server could not be connected to.');
  }

  private keepEra(identity: string, era: Era): void {
    if (this.eras.size >= MAX_SESSIONS) this.eras.clear();
    if (!this.eras.has(identity)) this.eras.set(identity, { era, until: performance.now() + ERA_MS });
  }

  /** A configured server may be reached where it is, and its redirects where others may go as well. */
  private fetchFor({ endpoint, isConfigured }: ServerTarget): EgressFetch {
    const own = isConfigured && endpoint.transport === 'http' ? [originOf(endpoint.url)] : [];
    const allow = new EgressAllow([...this.config.EGRESS_ALLOW, ...own]);
    return egressFetch({ ...LIMITS, allow, userAgent: `Threadline/${VERSION}` });
  }

  private sweep(): void {
    const idle = performance.now() - IDLE_MS;
    for (const session of this.sessions.values())
      if (session.isOpen && session.lastUsed < idle) void session.close();
  }

  /** The ones that were not used for longest give way. */
  private evict(): void {
    let open = [...this.sessions.values()].filter(({ isOpen }) => isOpen).length;
    for (const [key, session] of this.sessions) {
      const isTooMany = this.sessions.size > MAX_SESSIONS;
      if (!isTooMany && open < MAX_CONNECTIONS) return;
      if (session.lastUsed === Infinity) continue;
      if (session.isOpen) open -= 1;
      if (isTooMany) this.sessions.delete(key);
      void session.close();
    }
  }
}

/** What tells a server from every other one that has had its name; the same for everybody. */
function identityOf({ endpoint }: ServerTarget): string {
  const where = endpoint.transport === 'http' ? [endpoint.url] : [endpoint.command, ...endpoint.args];
  return hashOf(JSON.stringify([endpoint.transport, ...where])).slice(0, 22);
}

function originOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
