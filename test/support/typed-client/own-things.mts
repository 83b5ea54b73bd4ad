import { given, type Client } from './reading.mjs';

/** What a user says of itself, and has remembered. */
export async function sayOfMyself(client: Client): Promise<readonly string[]> {
  const { profile } = given(await client.PUT('/me/profile', { body: { name: 'Ada', tone: 'Short.' } }));
  const read = given(await client.GET('/me/profile')).profile;
  const { memory } = given(await client.POST('/me/memories', { body: { content: 'Likes tides.' } }));
  const { memories } = given(await client.GET('/me/memories'));
  const path = { id: memory.id };
  given(await client.DELETE('/me/memories/{id}', { params: { path } }), 'nothing to read');
  return [profile.name ?? '', read.tone ?? '', ...memories.map(({ content }) => content)];
}

/** What an administrator sees of webhooks: none is configured. */
export async function lookAtWebhooks(client: Client): Promise<number> {
  const { webhooks } = given(await client.GET('/webhooks'));
  const { deliveries } = given(await client.GET('/webhooks/deliveries'));
  return webhooks.length + deliveries.length;
}

/** A definition that is tried, published, looked at, run and taken back. */
export async function defineAWorkflow(client: Client): Promise<readonly string[]> {
  const params = { path: { name: 'typed' } };
  const body = { title: 'Typed', start: 'talk', steps: [{ id: 'talk', kind: 'chat', title: 'Talk' }] };
  given(await client.GET('/workflows/schema'));
  const { valid } = given(await client.POST('/workflows/{name}/validate', { params, body }));
  const { workflow } = given(await client.PUT('/workflows/{name}', { params, body }));
  const graph: string = given(await client.GET('/workflows/{name}/graph', { params, parseAs: 'text' }));
  given(await client.POST('/workflows/{name}/preview', { params, body: { content: 'Hello' } }));
  given(await client.POST('/workflows/{name}/runs', { params, body: { input: 'Hello' } }));
  return [String(valid), workflow.name, graph.split('\n')[0] ?? ''];
}
