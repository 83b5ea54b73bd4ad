import type {
  AuthProvider,
  JSONRPCMessage,
  StreamableHTTPClientTransport,
  Transport,
} from '@modelcontextprotocol/client';
import type { McpEndpoint } from '../../../platform/config/index.js';
import type { EgressFetch } from '../../../platform/egress/index.js';

/** The JSON-RPC error that stands for an answer whose stream ended before it came; of no server's. */
export const STREAM_ENDED = -32_099;

type Send = StreamableHTTPClientTransport['send'];

/**
 * A connection over Streamable HTTP. Beyond what the package's own does, a request whose stream ends without an answer fails
 * at once instead of waiting for its time to be over, and the stream of one that was cancelled is closed in every era.
 */
export async function httpTransport(
  { url, headers }: Pick<McpEndpoint & { readonly transport: 'http' }, 'url' | 'headers'>,
  fetch: EgressFetch,
  bearer?: AuthProvider,
): Promise<Transport & Pick<StreamableHTTPClientTransport, 'terminateSession' | 'sessionId'>> {
  const { StreamableHTTPClientTransport: HttpTransport } = await import('@modelcontextprotocol/client');
  const transport = new HttpTransport(new URL(url), {
    fetch,
    requestInit: { headers: { ...headers } },
    onInsufficientScope: 'throw',
    ...(bearer !== undefined && { authProvider: bearer }),
  });
  const send = transport.send.bind(transport);
  const streams = new Map<string | number, AbortController>();
  transport.send = async (message: JSONRPCMessage | JSONRPCMessage[], options: Parameters<Send>[1] = {}) => {
    if (Array.isArray(message)) return send(message, options);
    const cancelled = cancelledBy(message);
    if (cancelled !== undefined) return cancel(send, message, options, streams.get(cancelled));
    if (!('method' in message) || !('id' in message)) return send(message, options);
    const { id } = message;
    const controller = new AbortController();
    streams.set(id, controller);
    const over = () => void streams.delete(id);
    const onRequestStreamEnd = () => {
      over();
      options.onRequestStreamEnd?.();
      // Where the answer has come, nobody waits for this one.
      const error = { code: STREAM_ENDED, message: 'The connection broke off before the answer came.' };
      transport.onmessage?.({ jsonrpc: '2.0', id, error });
    };
    const requestSignal = options.requestSignal ?? controller.signal;
    requestSignal.addEventListener('abort', over, { once: true });
    try {
      await send(message, { ...options, requestSignal, onRequestStreamEnd });
    } catch (error) {
      over();
      throw error;
    }
  };
  return transport;
}

/** The request that a message takes back. */
function cancelledBy(message: JSONRPCMessage): string | number | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined;
  const id = message.params?.['requestId'];
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

async function cancel(
  send: Send,
  message: JSONRPCMessage,
  options: Parameters<Send>[1],
  stream: AbortController | undefined,
): Promise<void> {
  try {
    await send(message, options);
  } finally {
    stream?.abort();
  }
}
