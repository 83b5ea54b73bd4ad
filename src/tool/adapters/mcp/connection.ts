import type {
  AuthProvider,
  CallToolResult,
  Client,
  InputRequiredResult,
  Progress,
  Tool as ForeignTool,
  Transport,
} from '@modelcontextprotocol/client';
import { VERSION } from '../../../platform/config/index.js';
import type { EgressFetch } from '../../../platform/egress/index.js';
import type { ServerTarget } from '../../ports/tool-servers.js';
import { answerServer, type Answering } from './answer-server.js';
import { httpTransport } from './http-transport.js';

/** Until a server has answered who it is, in milliseconds. */
const CONNECT_MS = 10_000;
const PROBE_MS = 5_000;
const LIST_MS = 15_000;
const GOODBYE_MS = 1_000;
/** Pages of a list. */
const MAX_PAGES = 16;
/** Bytes that a program says at once. */
const MAX_LINE_BYTES = 10_000_000;

/** Which of its two ways of speaking a server knows: what was found out is not asked again for a while. */
export type Era = 'legacy' | 'modern';

export interface ConnectionOptions extends Answering {
  readonly fetch: EgressFetch;
  /** Gives the token that goes along with each request. */
  readonly bearer: AuthProvider | undefined;
  /** What is known of the server from before. */
  readonly era: Era | undefined;
  /** The server says that its tools are others now. */
  readonly onToolsChanged: () => void;
  readonly onClosed: () => void;
}

/** How a call of a tool is made. */
export interface ForeignCall {
  readonly tool: ForeignTool;
  readonly args: Readonly<Record<string, unknown>>;
  readonly onProgress: (progress: Progress) => void;
  /** What the server has asked for, and its own state, byte by byte as it has given it. */
  readonly replies?: {
    readonly inputResponses: Readonly<Record<string, unknown>>;
    readonly requestState?: string | undefined;
  };
  readonly idleMs: number;
  readonly totalMs: number;
}

/** A list, and for how long it holds in milliseconds; absent where the server does not say. */
export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly ttlMs: number | undefined;
}

/** A connection to a server, in whichever era that speaks. It is not opened again when it is closed. */
export class Connection {
  isClosed = false;

  private constructor(
    private readonly client: Client,
    private readonly transport: Transport & { terminateSession?(): Promise<void> },
  ) {}

  /** Throws what the package throws, and the signal's reason. */
  static async open(
    target: ServerTarget,
    options: ConnectionOptions,
    signal: AbortSignal,
  ): Promise<Connection> {
    const { Client: McpClient, ProtocolError } = await import('@modelcontextprotocol/client');
    const transport = await transportTo(target, options);
    const client = new McpClient(
      { name: 'threadline', version: VERSION },
      {
        capabilities: options.capabilities,
        versionNegotiation: { mode: 'auto', probe: { timeoutMs: PROBE_MS } },
        inputRequired: { autoFulfill: false },
        listMaxPages: MAX_PAGES,
      },
    );
    const connection = new Connection(client, transport);
    client.onclose = () => {
      connection.isClosed = true;
      options.onClosed();
    };
    // What goes wrong is told to whoever waits for it; the rest is between the server and the package.
    client.onerror = () => undefined;
    client.setNotificationHandler('notifications/tools/list_changed', options.onToolsChanged);
    answerServer(client, options, ProtocolError);
    const prior = options.era === 'legacy' ? { prior: { kind: 'legacy' as const } } : {};
    try {
      await client.connect(transport, { timeout: CONNECT_MS, signal, ...prior });
      signal.throwIfAborted();
    } catch (error) {
      await connection.close();
      throw signal.aborted ? signal.reason : error;
    }
    connection.listen();
    return connection;
  }

  get era(): Era {
    return this.client.getProtocolEra() === 'modern' ? 'modern' : 'legacy';
  }

  get protocolVersion(): string | null {
    return this.client.getNegotiatedProtocolVersion() ?? null;
  }

  get instructions(): string | undefined {
    return this.client.getInstructions();
  }

  /** Whether the server says by itself when its tools have changed. */
  get tellsOfChanges(): boolean {
    return this.client.getServerCapabilities()?.tools?.listChanged === true;
  }

  get hasSession(): boolean {
    return this.era === 'legacy' && (this.transport.sessionId ?? '') !== '';
  }

  async tools(signal: AbortSignal): Promise<Listed<ForeignTool>> {
    const listed = await this.client.listTools(undefined, { ...bounds(signal), cacheMode: 'refresh' });
    return { items: listed.tools, ttlMs: ttlOf(listed) };
  }

  async resources(signal: AbortSignal) {
    if (this.client.getServerCapabilities()?.resources === undefined) return [];
    return (await this.client.listResources(undefined, bounds(signal))).resources;
  }

  async prompts(signal: AbortSignal) {
    if (this.client.getServerCapabilities()?.prompts === undefined) return [];
    return (await this.client.listPrompts(undefined, bounds(signal))).prompts;
  }

  async prompt(name: string, args: Readonly<Record<string, string>>, signal: AbortSignal) {
    return this.client.getPrompt({ name, arguments: { ...args } }, bounds(signal));
  }

  async read(uri: string, signal: AbortSignal) {
    return this.client.readResource({ uri }, { ...bounds(signal), cacheMode: 'bypass' });
  }

  /** Makes the call; rejects when the signal aborts, when the server has been told so. */
  async call(
    { tool, args, onProgress, replies, idleMs, totalMs }: ForeignCall,
    signal: AbortSignal,
  ): Promise<CallToolResult | InputRequiredResult> {
    // What comes back is checked by us: a schema of the server's can keep a checker busy.
    const { outputSchema: _unchecked, ...toolDefinition } = tool;
    return this.client.callTool(
      { name: tool.name, arguments: { ...args }, ...replies },
      {
        ...{ signal, timeout: idleMs, maxTotalTimeout: totalMs, resetTimeoutOnProgress: true },
        ...{ onprogress: onProgress, toolDefinition, allowInputRequired: true },
      },
    );
  }

  /** Says goodbye, and closes what it holds. */
  async close(): Promise<void> {
    const { transport } = this;
    if (!this.isClosed && this.hasSession && transport.terminateSession !== undefined)
      await Promise.race([
        transport.terminateSession().catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, GOODBYE_MS).unref()),
      ]);
    this.isClosed = true;
    await this.client.close().catch(() => undefined);
    await transport.close().catch(() => undefined);
  }

  /** In the newer era a server tells of changes to whoever asks for that. */
  private listen(): void {
    if (this.era !== 'modern' || !this.tellsOfChanges) return;
    void this.client.listen({ toolsListChanged: true }).catch(() => undefined);
  }
}

async function transportTo(
  { endpoint }: ServerTarget,
  { fetch, bearer }: Pick<ConnectionOptions, 'fetch' | 'bearer'>,
): Promise<Transport> {
  if (endpoint.transport === 'http') return httpTransport(endpoint, fetch, bearer);
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const { command, args, env, cwd } = endpoint;
  return new StdioClientTransport({
    ...{ command, args: [...args], env: { ...env }, maxBufferSize: MAX_LINE_BYTES },
    // What programs say there may be anything, secrets too, and belongs in no log of ours.
    stderr: 'ignore',
    ...(cwd === undefined ? {} : { cwd }),
  });
}

const bounds = (signal: AbortSignal) => ({ signal, timeout: LIST_MS, maxTotalTimeout: LIST_MS });

function ttlOf(listed: object): number | undefined {
  const { ttlMs } = listed as { readonly ttlMs?: unknown };
  return typeof ttlMs === 'number' && ttlMs >= 0 ? ttlMs : undefined;
}
