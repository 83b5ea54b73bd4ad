import {
  Client,
  StreamableHTTPClientTransport,
  type CallToolResult,
  type ElicitRequest,
  type ElicitResult,
} from '@modelcontextprotocol/client';

export interface McpClientOptions {
  /** Begins with `initialize`, as clients before 2026-07-28 do. */
  readonly legacy?: boolean;
  /** Fills in forms; without it the client says that it cannot. */
  readonly fillIn?: (request: ElicitRequest['params']) => ElicitResult | Promise<ElicitResult>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The protocol's own client, connected with the token. */
export async function connectMcp(
  url: string,
  token: string,
  options: McpClientOptions = {},
): Promise<Client> {
  const { legacy = false, fillIn, headers } = options;
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    {
      capabilities: fillIn === undefined ? {} : { elicitation: { form: {}, url: {} } },
      versionNegotiation: legacy ? { mode: 'legacy' } : { mode: { pin: '2026-07-28' } },
    },
  );
  if (fillIn !== undefined) client.setRequestHandler('elicitation/create', ({ params }) => fillIn(params));
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', url), {
      requestInit: { headers: { authorization: `Bearer ${token}`, ...headers } },
    }),
  );
  return client;
}

/** What a tool has answered in its own form. */
export function structured<Content>({ structuredContent, isError, content }: CallToolResult): Content {
  if (isError === true) throw new Error(JSON.stringify(content));
  return structuredContent as Content;
}
