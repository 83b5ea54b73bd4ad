import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthorizationStandIn } from '../doubles/authorization-stand-in.js';
import { McpStandIn, saying, type StandInTool } from '../doubles/mcp-stand-in.js';

const METADATA = '/.well-known/oauth-protected-resource/mcp';
/** What each of its tools wants; lists want the first. */
const WANTED: Readonly<Record<string, string>> = { look: 'notes:read', write: 'notes:write' };
const USUAL = 'notes:read';

const tool = (words: string): StandInTool => ({
  inputSchema: { type: 'object', properties: {} },
  call: () => saying(words),
});

/** An MCP server that lets nobody in without a token of the authorization server that it trusts, which may become another. */
export async function startProtectedMcp(trusts: () => AuthorizationStandIn): Promise<McpStandIn> {
  const standIn: McpStandIn = await McpStandIn.start({
    era: 'modern',
    tools: { look: tool('It is a note.'), write: tool('It is written.') },
    instead: (request, response, body) => refused(request, response, body),
  });
  const origin = `http://127.0.0.1:${standIn.port}`;

  function refused(
    request: IncomingMessage,
    response: ServerResponse,
    body: Readonly<Record<string, unknown>>,
  ) {
    if (request.url === METADATA) {
      const metadata = {
        resource: standIn.url,
        authorization_servers: [trusts().issuer],
        scopes_supported: [USUAL],
      };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
      return true;
    }
    const name = (body['params'] as { readonly name?: string } | undefined)?.name ?? '';
    const wanted = body['method'] === 'tools/call' ? (WANTED[name] ?? USUAL) : USUAL;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const scope = trusts().scopeOf(token, standIn.url)?.split(' ');
    if (scope?.includes(wanted) === true) return false;
    const why = scope === undefined ? '' : 'error="insufficient_scope", ';
    const challenge = `Bearer ${why}scope="${wanted}", resource_metadata="${origin}${METADATA}"`;
    response.writeHead(scope === undefined ? 401 : 403, { 'www-authenticate': challenge }).end();
    return true;
  }

  return standIn;
}
