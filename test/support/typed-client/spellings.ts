/** A program in two spellings of one place: the first is right, the second wrong. */
export const SPELLINGS: readonly (readonly [what: string, text: string, right: string, wrong: string])[] = [
  ['a field of an answer', `(await one()).thread.…;`, 'title', 'titel'],
  ['a field that may be null', `const title: … = (await one()).thread.title;`, 'string | null', 'string'],
  ['a value of a field', `(await one()).thread.status === '…';`, 'running', 'answering'],
  ['a field of a list', `(await list()).messages[0]?.…;`, 'citations', 'sources'],
  [
    'a field of a body',
    `await client.POST('/chat/threads/{id}/head', { params, body: { …: 'Hi' } });`,
    'turnId',
    'turn',
  ],
  ['a field too many in a body', `const question: Question = { query: 'lamp'… };`, ', limit: 3', ', top: 3'],
  [
    'a field missing in a body',
    `await client.POST('/rag/documents', { body: { title: 'A'… } });`,
    `, content: 'B'`,
    '',
  ],
  [
    'a value in a body',
    `await client.POST('/rag/documents', { body: { title: 'A', content: 'B', visibility: '…' } });`,
    'private',
    'secret',
  ],
  ['a path', `await client.GET('…');`, '/chat/threads', '/chat/thread'],
  ['a method', `await client.…('/chat/threads/{id}', { params });`, 'DELETE', 'PUT'],
  [
    'a parameter of a path',
    `await client.GET('/chat/threads/{id}/turns/{turnId}', { params: { path: { id: ''… } } });`,
    `, turnId: ''`,
    '',
  ],
  [
    'a parameter of a query',
    `await client.GET('/chat/threads/{id}/messages', { params: { ...params, query: { order: '…' } } });`,
    'desc',
    'newest',
  ],
  ['a field of a provider', `(await client.GET('/providers')).data?.providers[0]?.…;`, 'health', 'state'],
  [
    'a group of a report',
    `await client.GET('/usage', { params: { query: { scope: '…' } } });`,
    'org',
    'everybody',
  ],
  [
    'the role of a message',
    `await client.POST('/api/stream', { body: { model: '', messages: [{ role: '…', content: '' }] } });`,
    'system',
    'tool',
  ],
  [
    'a field of one of the answers',
    `const chat = (await json.POST('/chat', { body: { message: '' } })).data!; if ('timestamp' in chat) chat.…;`,
    'response',
    'content',
  ],
  [
    'a field of another system’s body',
    `await client.POST('/api/messages', { body: { …: 'Hi' } });`,
    'content',
    'message',
  ],
  [
    'the end of a completion',
    `(await json.POST('/v1/chat/completions', { body })).data?.choices[0]?.finish_reason === '…';`,
    'length',
    'done',
  ],
  [
    'the code of an error in OpenAI’s words',
    `(await client.GET('/v1/models')).error?.error.code === '…';`,
    'NOT_FOUND',
    'GONE',
  ],
  [
    'a named schema',
    `const messages: components['schemas']['…'][] = (await list()).messages;`,
    'Message',
    'Thread',
  ],
  [
    'a field of a named event',
    `const spent = (event: components['schemas']['AiResponseEvent']) => event.data.isComplete && event.data.…;`,
    'usage',
    'tokens',
  ],
  ['the code of an error', `(await client.GET('/workflows')).error?.code === '…';`, 'NOT_FOUND', 'GONE'],
];

/** What the spellings stand below. */
export const HEAD = `import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';
export type Question = paths['/rag/search']['post']['requestBody']['content']['application/json'];
const client = createClient<paths>();
const json = createClient<paths, 'application/json'>();
const body = { model: '', messages: [] };
const params = { path: { id: '' } };
const one = async () => (await client.GET('/chat/threads/{id}', { params })).data!;
const list = async () => (await client.GET('/chat/threads/{id}/messages', { params })).data!;
void [one, list, params, json, body];
`;
