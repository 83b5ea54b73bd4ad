import { given, type Client } from './reading.mjs';

/** An MCP server that is added, looked at, reached with a credential, and removed: what it has. */
export async function useMcpServers(client: Client, url: string): Promise<readonly string[]> {
  const { server } = given(await client.POST('/mcp/servers', { body: { name: 'typed', url } }));
  const { servers } = given(await client.GET('/mcp/servers'));
  if (!servers.some(({ name }) => name === server.name)) throw new Error('it is not listed');
  const path = { name: server.name };
  given(
    await client.PUT('/mcp/servers/{name}/credentials', { params: { path }, body: { bearer: 'typed' } }),
    'nothing to read',
  );
  const { resources } = given(await client.GET('/mcp/servers/{name}/resources', { params: { path } }));
  const { prompts } = given(await client.GET('/mcp/servers/{name}/prompts', { params: { path } }));
  given(await client.DELETE('/mcp/servers/{name}/credentials', { params: { path } }), 'nothing to read');
  given(await client.DELETE('/mcp/servers/{name}', { params: { path } }), 'nothing to read');
  return [...resources, ...prompts].map(({ name }) => name);
}
