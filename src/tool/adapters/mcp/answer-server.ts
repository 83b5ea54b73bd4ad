import type {
  Client,
  ClientCapabilities,
  CreateMessageResult,
  ElicitResult,
  ProtocolError,
} from '@modelcontextprotocol/client';
import type { Reply, ServerRequest } from './open-call.js';

/** JSON-RPC's code of what the user did not want. */
const REFUSED = -1;

/** What a server of the older era may ask over the connection, and who replies. */
export interface Answering {
  readonly capabilities: ClientCapabilities;
  readonly roots: readonly string[];
  readonly onQuestion: (asked: ServerRequest) => Promise<Reply>;
}

/** Has the client reply to what servers may ask. */
export function answerServer(
  client: Client,
  { capabilities, roots, onQuestion }: Answering,
  Refusal: typeof ProtocolError,
): void {
  if (capabilities.elicitation !== undefined)
    client.setRequestHandler('elicitation/create', async ({ method, params }): Promise<ElicitResult> => {
      const reply = await onQuestion({ method, params });
      return 'result' in reply ? (reply.result as ElicitResult) : { action: 'cancel' };
    });
  if (capabilities.sampling !== undefined)
    client.setRequestHandler('sampling/createMessage', async ({ method, params }) => {
      const reply = await onQuestion({ method, params });
      if ('result' in reply) return reply.result as CreateMessageResult;
      throw new Refusal(REFUSED, reply.refused);
    });
  if (capabilities.roots !== undefined) client.setRequestHandler('roots/list', () => rootsResult(roots));
}

/** The folders that a server is told to work in, as the protocol has them. */
export function rootsResult(roots: readonly string[]) {
  return { roots: roots.map((uri) => ({ uri })) };
}
