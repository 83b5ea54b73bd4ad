import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/client';
import { orAborted, type Person } from '../../../kernel/index.js';
import type { Sealer } from '../../../platform/secrets/index.js';
import type { ToolContext, ToolProgress, ToolServer } from '../../ports/tool.js';
import type { ServerState, ServerTarget } from '../../ports/tool-servers.js';
import { Backoff } from './backoff.js';
import { failureOf, isAboutTheTool, type Failure } from './call-failure.js';
import type { Connection, ForeignCall } from './connection.js';
import type { OpenCall, Reply, ServerRequest } from './open-call.js';
import { OpenCalls } from './open-calls.js';
import { ParkedCalls } from './parked-calls.js';
import { defineTools, MAX_TOOLS, type DefinedTools } from './definitions.js';

/** How long a list holds where the server says nothing: when it tells of changes, and when it does not. */
const TOLD_TTL_MS = 600_000;
const UNTOLD_TTL_MS = 60_000;
const MAX_TTL_MS = 3_600_000;
const LISTING_MS = 20_000;
const MAX_INSTRUCTIONS = 4_000;

/** What a server has told of itself, and until when that holds. */
interface Told extends DefinedTools {
  readonly until: number;
}

/** Says in words why a server could not be asked. */
export class ServerAway extends Error {
  constructor(readonly failure: Failure) {
    super(failure.reason);
  }
}

type Answer = CallToolResult | InputRequiredResult;

/** Opens connections; of whichever kind they are. */
export type OpenConnection = (
  target: ServerTarget,
  told: {
    readonly onToolsChanged: () => void;
    readonly onClosed: () => void;
    readonly onListing: (begin: () => void) => void;
    readonly onQuestion: (asked: ServerRequest) => Promise<Reply>;
  },
  signal: AbortSignal,
) => Promise<Connection>;

/** One person's dealings with one server under one credential: the connection, while there is one, and what it has told. */
export class ServerSession {
  private connection: Connection | undefined;
  private opening: Promise<Connection> | undefined;
  private listing: Promise<Told> | undefined;
  private told: Told | undefined;
  private counts = { resources: 0, prompts: 0 };
  private countedFor: Told | undefined;
  private failure: Failure | undefined;
  private refused: Failure | undefined;
  private protocolVersion: string | null = null;
  private beginListing = () => {};
  private readonly calls = new OpenCalls<Answer>();
  /** Calls whose questions people are asked. */
  readonly parked = new ParkedCalls<Answer>();
  private inFlight = 0;
  private usedAt = performance.now();
  private isForgotten = false;
  private readonly backoff = new Backoff();

  constructor(
    readonly person: Person,
    readonly target: ServerTarget,
    private readonly identity: string,
    private readonly open: OpenConnection,
    private readonly sealer: Sealer,
  ) {}

  get isOpen(): boolean {
    return this.connection !== undefined;
  }

  /** When it was last used, by the clock of `performance`; later than any time while something is under way. */
  get lastUsed(): number {
    return this.inFlight > 0 || this.opening !== undefined || this.listing !== undefined
      ? Infinity
      : this.usedAt;
  }

  /** The server's tools as it has told them last, if that still holds; asked for otherwise. Throws {@link ServerAway}. */
  async tools(signal: AbortSignal | undefined): Promise<DefinedTools> {
    this.usedAt = performance.now();
    if (this.told !== undefined && this.told.until > performance.now()) return this.told;
    this.listing ??= this.list().finally(() => (this.listing = undefined));
    return orAborted(this.listing, signal);
  }

  /** Makes a call, of which the server may ask before it answers. */
  begin(make: (report: (progress: ToolProgress) => void) => ForeignCall): OpenCall<Answer> {
    return this.calls.begin((signal, open) =>
      this.call(
        make((progress) => open.report(progress)),
        signal,
      ),
    );
  }

  /** What is stored with a turn of the person, for this very call. */
  seal(text: string, context: ToolContext): string {
    return this.sealer.seal(text, this.placeOf(context));
  }

  unseal(sealed: string, context: ToolContext): string | undefined {
    return this.sealer.open(sealed, this.placeOf(context));
  }

  /**
   * Makes a call, once more where the server has certainly not carried it out: its session was over, or it was not reached.
   * Throws {@link ServerAway}, or the signal's reason.
   */
  private async call(call: ForeignCall, signal: AbortSignal): Promise<Answer> {
    this.inFlight += 1;
    try {
      this.refused = undefined;
      return await this.use((connection) => connection.call(call, signal), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isAboutTheTool(error)) this.stale();
      const { failure } = error instanceof ServerAway ? error : new ServerAway(failureOf(error));
      if (failure.kind === 'unauthorized') this.refused = failure;
      throw failure.kind === 'unreached' ? this.away(error) : new ServerAway(failure);
    } finally {
      this.inFlight -= 1;
      this.usedAt = performance.now();
    }
  }

  /** Asks for something else than tools; throws {@link ServerAway}. */
  async ask<Answer>(
    question: (connection: Connection, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    this.inFlight += 1;
    const signal = AbortSignal.timeout(LISTING_MS);
    try {
      return await this.use((connection) => question(connection, signal), signal);
    } catch (error) {
      const failure = failureOf(error);
      if (!(error instanceof ServerAway) && failure.kind === 'refused') throw new ServerAway(failure);
      throw this.away(error);
    } finally {
      this.inFlight -= 1;
      this.usedAt = performance.now();
    }
  }

  /** Counts what else it has, once for each list of its tools. */
  async count(): Promise<void> {
    if (this.countedFor === this.told) return;
    this.countedFor = this.told;
    const numberOf = (list: (connection: Connection, signal: AbortSignal) => Promise<readonly unknown[]>) =>
      this.ask(list).then(
        ({ length }) => length,
        () => 0,
      );
    this.counts = {
      resources: await numberOf((connection, signal) => connection.resources(signal)),
      prompts: await numberOf((connection, signal) => connection.prompts(signal)),
    };
  }

  state(): ServerState {
    const { told, protocolVersion, failure = this.refused } = this;
    const known = { protocolVersion, tools: told?.tools.length ?? 0, ...this.counts };
    if (failure !== undefined) {
      const status = failure.kind === 'unauthorized' ? 'needs_authorization' : 'failed';
      return { ...known, status, error: failure.reason };
    }
    const status = told === undefined ? 'connecting' : 'connected';
    return { ...known, status, ...(told?.problem !== undefined && { error: told.problem }) };
  }

  /** Closes the connection; it is opened again when it is needed. */
  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }

  /** Closes the connection for good. */
  async forget(): Promise<void> {
    this.isForgotten = true;
    this.parked.abandonAll();
    this.told = undefined;
    await this.close();
  }

  /** Once more with a new connection where the server has certainly done nothing. Throws the signal's reason. */
  private async use<Result>(
    work: (connection: Connection) => Promise<Result>,
    signal: AbortSignal,
    mayRepeat = true,
  ): Promise<Result> {
    const connection = await orAborted(this.connected(), signal);
    const { hasSession } = connection;
    try {
      return await work(connection);
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureOf(error, hasSession);
      if (failure.kind !== 'gone' && failure.kind !== 'unreached') throw error;
      this.drop(connection);
      if (mayRepeat) return this.use(work, signal, false);
      throw this.away(new ServerAway(failure));
    }
  }

  private async list(): Promise<Told> {
    const signal = AbortSignal.timeout(LISTING_MS);
    try {
      return await this.use(async (connection) => {
        this.beginListing();
        const { items, ttlMs } = await connection.tools(signal);
        const defined = await defineTools(this.serverOf(connection), items);
        this.worked(connection);
        const holds = ttlMs ?? (connection.tellsOfChanges ? TOLD_TTL_MS : UNTOLD_TTL_MS);
        // A list that is longer than anybody uses takes a while to read: not each time that somebody says something.
        const least = items.length > MAX_TOOLS ? UNTOLD_TTL_MS : 0;
        const until = performance.now() + Math.max(least, Math.min(holds, MAX_TTL_MS));
        const told = { ...defined, until };
        if (!this.isForgotten) this.told = told;
        return told;
      }, signal);
    } catch (error) {
      throw this.away(error);
    }
  }

  private serverOf({ instructions }: Connection): ToolServer {
    const words = instructions?.slice(0, MAX_INSTRUCTIONS).toWellFormed().replaceAll('\0', '').trim() ?? '';
    const { name, isTrusted } = this.target;
    return { name, identity: this.identity, isTrusted, ...(words !== '' && { instructions: words }) };
  }

  /** The connection, opened if there is none. */
  private connected(): Promise<Connection> {
    if (this.connection?.isClosed === false) return Promise.resolve(this.connection);
    if (this.backoff.isOpen && this.failure !== undefined)
      return Promise.reject(new ServerAway(this.failure));
    this.opening ??= this.calls.outside(() => this.connect()).finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async connect(): Promise<Connection> {
    const told = {
      onToolsChanged: () => this.stale(),
      onClosed: () =>
        void (this.connection = this.connection?.isClosed === true ? undefined : this.connection),
      onListing: (begin: () => void) => void (this.beginListing = begin),
      onQuestion: (asked: ServerRequest) => this.calls.ask(asked),
    };
    const connection = await this.open(this.target, told, AbortSignal.timeout(LISTING_MS));
    this.connection = connection;
    this.worked(connection);
    if (this.isForgotten) await this.close();
    return connection;
  }

  private placeOf({ threadId, turnId, callId }: ToolContext): string {
    const { org, id } = this.person;
    return JSON.stringify(['mcp call', org, id, this.target.name, this.identity, threadId, turnId, callId]);
  }

  private worked({ protocolVersion }: Connection): void {
    this.failure = undefined;
    this.protocolVersion = protocolVersion;
    this.backoff.worked();
  }

  private drop(connection: Connection): void {
    if (this.connection === connection) this.connection = undefined;
    void connection.close();
  }

  /** The list is asked for again before it is used. */
  private stale(): void {
    this.told &&= { ...this.told, until: 0 };
  }

  private away(error: unknown): ServerAway {
    const away = error instanceof ServerAway ? error : new ServerAway(failureOf(error));
    if (away.failure === this.failure) return away;
    this.failure = away.failure;
    this.told = undefined;
    this.backoff.failed();
    return away;
  }
}
