import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

type Json = Readonly<Record<string, unknown>>;

/** What a tool of the stand-in has while it is called. */
export interface StandInCall {
  readonly args: Json;
  readonly params: Json;
  readonly headers: IncomingHttpHeaders;
  /** Whether the client has said that it does not want the answer, or has gone. */
  readonly cancelled: Promise<void>;
  /** Says how far it is, if the client has asked for that. */
  readonly progress: (progress: number, total?: number, message?: string) => void;
  /** Asks the client for something over the open stream, as the older era does; comes to what it replies. */
  readonly ask: (method: string, params: Json) => Promise<Json>;
  readonly response: ServerResponse;
}

export interface StandInTool {
  readonly description?: string;
  readonly inputSchema?: Json;
  readonly [field: string]: unknown;
  /** What is answered; nothing: the tool has answered by itself. */
  readonly call: (call: StandInCall) => Promise<Json | undefined> | Json | undefined;
}

export interface McpStandInOptions {
  /** Revision 2026-07-28, without sessions, or 2025-11-25, with them. */
  readonly era: 'modern' | 'legacy';
  readonly tools: Record<string, StandInTool>;
  readonly capabilities?: Json;
  readonly instructions?: string;
  /** Answers in place of everything else, unless it returns `false`. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse, body: Json) => boolean | undefined;
  readonly ttlMs?: number;
  readonly resources?: readonly Json[];
  readonly prompts?: readonly Json[];
}

/** What a client has sent. */
export interface Received {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly params: Json;
}

/** An MCP server over Streamable HTTP, byte by byte as the specification has it and no further than tests need. */
export class McpStandIn {
  readonly received: Received[] = [];
  readonly sessions = new Set<string>();
  readonly options: { -readonly [Key in keyof McpStandInOptions]: McpStandInOptions[Key] };
  private readonly sockets = new Set<Socket>();
  private readonly calls = new Map<unknown, () => void>();
  private readonly asked = new Map<unknown, (reply: Json) => void>();
  private readonly listening = new Set<ServerResponse>();
  private count = 0;
  private readonly server = createServer((request, response) => {
    void this.answer(request, response).catch(() => response.destroy());
  });

  private constructor(options: McpStandInOptions) {
    this.options = { ...options };
  }

  static async start(options: McpStandInOptions, port = 0): Promise<McpStandIn> {
    const standIn = new McpStandIn(options);
    standIn.server.on('connection', (socket) => {
      standIn.sockets.add(socket);
      socket.once('close', () => standIn.sockets.delete(socket));
    });
    standIn.server.listen(port, '127.0.0.1');
    await once(standIn.server, 'listening');
    return standIn;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  /** What was received of a method. */
  of(method: string): readonly Received[] {
    return this.received.filter((one) => one.method === method);
  }

  /** Tells whoever listens that there are other tools now. */
  toolsChanged(): void {
    const notification = { jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: {} };
    for (const response of this.listening) response.write(frameOf(notification));
  }

  /** Forgets its sessions, as a server does that is started anew. */
  restart(): void {
    this.sessions.clear();
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await text(request);
    const body = (raw === '' ? {} : JSON.parse(raw)) as Json;
    const params = (body['params'] ?? {}) as Json;
    const method = typeof body['method'] === 'string' ? body['method'] : (request.method ?? '');
    this.received.push({ method, headers: request.headers, params });
    if (this.options.instead?.(request, response, body) === true) return;
    if (this.options.era === 'modern') return this.modern(request, response, body);
    return this.legacy(request, response, body);
  }

  private async modern(request: IncomingMessage, response: ServerResponse, body: Json): Promise<void> {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const method = String(body['method']);
    if (request.headers['mcp-protocol-version'] !== '2026-07-28' || request.headers['mcp-method'] !== method)
      return fail(response, body, 400, -32_020, 'the headers are not those of the body');
    const meta = { _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'stand-in', version: '1' } } };
    const cacheable = {
      resultType: 'complete',
      ttlMs: this.options.ttlMs ?? 60_000,
      cacheScope: 'private',
      ...meta,
    };
    if (method === 'server/discover') {
      const { instructions } = this.options;
      return succeed(response, body, {
        ...{ supportedVersions: ['2026-07-28'], capabilities: this.capabilities, ...cacheable },
        ...(instructions !== undefined && { instructions }),
      });
    }
    if (method === 'subscriptions/listen') return this.listen(response, body);
    return this.common(response, body, request.headers, { resultType: 'complete', ...meta }, cacheable);
  }

  private async legacy(request: IncomingMessage, response: ServerResponse, body: Json): Promise<void> {
    const session = String(request.headers['mcp-session-id'] ?? '');
    const method = String(body['method']);
    if (method === 'initialize') {
      this.count += 1;
      const id = `session-${this.count}`;
      this.sessions.add(id);
      response.setHeader('mcp-session-id', id);
      const { instructions } = this.options;
      return succeed(response, body, {
        ...{ protocolVersion: '2025-11-25', capabilities: this.capabilities },
        ...{
          serverInfo: { name: 'stand-in', version: '1' },
          ...(instructions !== undefined && { instructions }),
        },
      });
    }
    if (method === 'server/discover') return fail(response, body, 400, -32_000, 'Bad Request: no session');
    if (!this.sessions.has(session)) return fail(response, body, 404, -32_001, 'Session not found');
    if (request.method === 'DELETE') {
      this.sessions.delete(session);
      return void response.writeHead(200).end();
    }
    if (request.method === 'GET') return this.hold(response);
    if (method === 'notifications/cancelled') this.calls.get((body['params'] as Json)['requestId'])?.();
    const reply = (body['result'] ?? ('error' in body ? { error: body['error'] } : undefined)) as Json;
    if (!('method' in body)) this.asked.get(body['id'])?.(reply);
    if (!('id' in body) || !('method' in body)) return void response.writeHead(202).end();
    return this.common(response, body, request.headers, {}, {});
  }

  private async common(
    response: ServerResponse,
    body: Json,
    headers: IncomingHttpHeaders,
    done: Json,
    cacheable: Json,
  ): Promise<void> {
    const { tools, resources = [], prompts = [] } = this.options;
    switch (body['method']) {
      case 'tools/list': {
        const listed = Object.entries(tools).map(([name, { call: _call, ...rest }]) => ({
          name,
          inputSchema: { type: 'object' },
          ...rest,
        }));
        return succeed(response, body, { tools: listed, ...cacheable });
      }
      case 'resources/list':
        return succeed(response, body, { resources, ...cacheable });
      case 'resources/read': {
        const { uri } = body['params'] as Json;
        const found = resources.find((one) => one['uri'] === uri);
        if (found === undefined) return fail(response, body, 200, -32_602, 'Resource not found');
        const held = { uri, mimeType: 'text/plain', text: String(found['text']) };
        return succeed(response, body, { contents: [held], ...cacheable });
      }
      case 'prompts/list':
        return succeed(response, body, { prompts: prompts.map(withoutWords), ...cacheable });
      case 'prompts/get': {
        const { name, arguments: given = {} } = body['params'] as { name: string; arguments?: Json };
        const found = prompts.find((one) => one['name'] === name);
        if (found === undefined) return fail(response, body, 200, -32_602, 'Prompt not found');
        const text = `${String(found['says'])}${String(given['name'])}`;
        const messages = [{ role: 'user', content: { type: 'text', text } }];
        return succeed(response, body, { messages, ...done });
      }
      case 'tools/call':
        return this.call(response, body, headers, done);
      default:
        return fail(response, body, this.options.era === 'modern' ? 404 : 200, -32_601, 'Method not found');
    }
  }

  private async call(
    response: ServerResponse,
    body: Json,
    headers: IncomingHttpHeaders,
    done: Json,
  ): Promise<void> {
    const params = body['params'] as Json;
    const tool = this.options.tools[String(params['name'])];
    if (tool === undefined)
      return fail(response, body, 200, -32_602, `Unknown tool: ${String(params['name'])}`);
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    this.calls.set(body['id'], resolve);
    response.once('close', resolve);
    const token = (params['_meta'] as Json | undefined)?.['progressToken'];
    const progress = (now: number, total?: number, message?: string) => {
      if (token === undefined) return;
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
      const told = { progressToken: token, progress: now, total, message };
      response.write(frameOf({ jsonrpc: '2.0', method: 'notifications/progress', params: told }));
    };
    const ask = (method: string, asking: Json) => {
      const id = `asked-${(this.count += 1)}`;
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frameOf({ jsonrpc: '2.0', id, method, params: asking }));
      return new Promise<Json>((reply) => this.asked.set(id, reply));
    };
    const args = (params['arguments'] ?? {}) as Json;
    const result = await tool.call({ args, params, headers, cancelled, progress, ask, response });
    this.calls.delete(body['id']);
    if (result !== undefined && !response.destroyed) succeed(response, body, { ...done, ...result });
  }

  private listen(response: ServerResponse, body: Json): void {
    this.hold(response);
    const meta = { 'io.modelcontextprotocol/subscriptionId': body['id'] };
    const params = { _meta: meta, notifications: { toolsListChanged: true } };
    response.write(frameOf({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params }));
  }

  private hold(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    this.listening.add(response);
    response.once('close', () => this.listening.delete(response));
  }

  private get capabilities(): Json {
    const { capabilities, resources, prompts } = this.options;
    const offers = { ...(resources && { resources: {} }), ...(prompts && { prompts: {} }) };
    return capabilities ?? { tools: { listChanged: true }, ...offers };
  }
}

const withoutWords = ({ says: _says, ...prompt }: Json): Json => prompt;

/** A result of text. */
export const saying = (words: string, more: Json = {}): Json => ({
  content: [{ type: 'text', text: words }],
  ...more,
});

function succeed(response: ServerResponse, { id }: Json, result: Json): void {
  send(response, 200, { jsonrpc: '2.0', id, result });
}

function fail(
  response: ServerResponse,
  { id = null }: Json,
  status: number,
  code: number,
  message: string,
): void {
  send(response, status, { jsonrpc: '2.0', id, error: { code, message } });
}

function send(response: ServerResponse, status: number, message: Json): void {
  if (response.headersSent) response.end(frameOf(message));
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(message));
}

function frameOf(message: Json): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}
