import { newId } from '../../src/kernel/index.js';
import {
  nameOf,
  pathOf,
  resolved,
  type JsonSchema,
  type Operation,
  type ServedDocument,
} from './served-document.js';

/** Ids of one owner's things, one of each kind. */
export interface Things {
  readonly thread: string;
  readonly turn: string;
  /** The user's, which the turn answers. */
  readonly message: string;
  readonly run: string;
  readonly document: string;
  /** What a turn waits for. */
  readonly input: string;
  /** To calls of a tool. */
  readonly approval: string;
  /** Of what is to be remembered. */
  readonly memory: string;
  /** Of what came of a call. */
  readonly part: string;
}

/** What an id in a path is the id of. A route with an id that is missing here fails the suite: add it. */
const IDS_IN_PATHS: Readonly<Record<string, keyof Things>> = {
  '/chat/threads/{id}': 'thread',
  '/chat/threads/{id}/turns/{turnId}': 'turn',
  '/chat/threads/{id}/parts/{partId}': 'part',
  '/inputs/{id}': 'input',
  '/me/approvals/{id}': 'approval',
  '/me/memories/{id}': 'memory',
  '/workflows/runs/{id}': 'run',
  '/rag/documents/{id}': 'document',
  '/api/chat/stream/{message_id}': 'message',
};

/** Ids in bodies that a client gives to parts of that very body; a message or call of ours is never found by them. */
export const IDS_OF_CLIENTS: Readonly<Record<string, readonly string[]>> = {
  'POST /api/stream': ['messages[].id'],
  // What an authorization server calls this one.
  'POST /mcp/servers': ['oauth.clientId'],
  'POST /chat': ['messages[].tool_calls[].id', 'messages[].executed_tools[].id', 'messages[].tool_call_id'],
  'POST /proxy': ['messages[].tool_calls[].id', 'messages[].executed_tools[].id', 'messages[].tool_call_id'],
  'POST /v1/chat/completions': [
    'messages[].tool_calls[].id',
    'messages[].executed_tools[].id',
    'messages[].tool_call_id',
  ],
};

/** Parameters of paths that name something which belongs to everybody. */
const NAMES_IN_PATHS: Readonly<Record<string, string>> = {
  '/workflows/{name}': 'chat',
  // Within the admin's own organisation, whoever it is; what that leaves alone is in erasure.spec.ts.
  '/users/{user}': 'nobody',
  // The one that is the current one anyway.
  '/providers/{name}': 'openai',
  '/v1/models/{path}': 'openai/gpt-4o-mini',
  // One that nobody has.
  '/mcp/servers/{name}': 'nobodys',
};

const WORDS = 'I was here [[tokens=1]]';

const waysToPost = ({ turn }: Things): readonly unknown[] => [
  { content: WORDS },
  { content: WORDS, after: null },
  { content: WORDS, after: turn },
  { regenerate: turn },
];

const APPROVED = { action: 'accept', content: { approved: true } };

/** Bodies that the route takes, for every route with an id in its path or its body: one for each way it may go. */
export const BODIES: Readonly<Record<string, (things: Things) => readonly unknown[]>> = {
  'POST /auth/stream-ticket': ({ thread }) => [{ threadId: thread }],
  'POST /rag/search': ({ document }) => [{ query: 'heirloom', filter: { documentIds: [document] } }],
  'PATCH /chat/threads/{id}': () => [{ title: 'Mine now', metadata: { taken: true } }],
  'POST /chat/threads/{id}/head': ({ turn }) => [{ turnId: turn }],
  'POST /chat/threads/{id}/messages': waysToPost,
  'POST /chat/threads/{id}/messages/stream': waysToPost,
  'POST /chat/threads/{id}/turns': waysToPost,
  'POST /chat/threads/{id}/turns/{turnId}/input': ({ input }) => [{ inputId: input, ...APPROVED }],
  'POST /inputs/{id}': () => [APPROVED],
  'POST /workflows/runs/{id}/fork': () => [{ step: 'reply' }],
  'POST /chat': ({ thread }) => [
    { message: WORDS, threadId: thread },
    { message: WORDS, threadId: thread.toUpperCase(), stream: true },
    { messages: [{ role: 'user', content: WORDS }], model: 'gpt-4o-mini', threadId: thread },
    { messages: [{ role: 'user', content: WORDS }], model: 'gpt-4o-mini', threadId: thread, stream: false },
  ],
  'POST /api/messages': ({ thread }) => [{ content: WORDS, conversation_id: thread }],
  'POST /api/stream': ({ thread, message }) => [
    { messages: [{ role: 'user', content: WORDS }], model: 'gpt-4o-mini', chatId: thread },
    { messages: [{ id: message, role: 'user', content: WORDS }], model: 'gpt-4o-mini', chatId: thread },
  ],
};

/** Queries that name something of somebody's: one for each way the route may go. */
export const QUERIES: Readonly<Record<string, (things: Things) => readonly string[]>> = {
  'GET /chat/threads/{id}/messages': ({ turn }) => ['', `?branch=${turn}`],
  'GET /workflows/{name}/graph': ({ run }) => [`?run=${run}`],
};

/** Answers that do not say 404 to an id of somebody else's: they hold nothing of it, as for an id of nobody's. */
export const EMPTY_ANSWERS: Readonly<Record<string, unknown>> = { 'POST /rag/search': { results: [] } };

/** Stands in everything of alice's that nobody else may see. */
export const SECRET = 'heirloom';

/** Ids of nothing. */
export const NOBODYS: Things = {
  thread: newId(),
  turn: newId(),
  message: newId(),
  run: newId(),
  document: newId(),
  input: newId(),
  approval: newId(),
  memory: newId(),
  part: newId(),
};

/** Each of the things with each of the bodies that the route is tried with. */
export function waysOf(operation: Operation, targets: readonly Things[]) {
  const ways = BODIES[nameOf(operation)] ?? QUERIES[nameOf(operation)];
  return targets.flatMap((things) => (ways?.(things) ?? [undefined]).map((_, way) => ({ things, way })));
}

/** The path with its ids filled in; throws for a parameter that the tables above do not know. */
export function addressOf(operation: Operation, things: Things): string {
  return pathOf(operation, (name) => {
    const upToHere = operation.template.slice(0, operation.template.indexOf(`{${name}}`) + name.length + 2);
    const kind = IDS_IN_PATHS[upToHere];
    const value = kind === undefined ? NAMES_IN_PATHS[upToHere] : things[kind];
    if (value === undefined) throw new Error(`Say in owned-things.ts what ${upToHere} names.`);
    return value;
  });
}

/** The operations that take an id of a thing that has an owner. Throws for an id where none is expected. */
export function withIds(document: ServedDocument, operations: readonly Operation[]): Operation[] {
  return operations.filter((operation) => {
    for (const { in: place, name, schema } of operation.parameters ?? []) {
      const isKnown = QUERIES[nameOf(operation)]?.(NOBODYS).some((query) => query.startsWith(`?${name}=`));
      if (place !== 'path' && isId(name, schema ?? {}) && isKnown !== true) {
        throw new Error(`Say in owned-things.ts what ${name} of ${nameOf(operation)} names.`);
      }
    }
    const inPath = Object.keys(IDS_IN_PATHS).some((path) => operation.template.startsWith(path));
    return inPath || idsInBody(document, operation).length > 0;
  });
}

/** Whether its address has more than one parameter. */
export function isNested({ template }: Operation): boolean {
  return (template.match(/\{/g) ?? []).length > 1;
}

/** The ids in a body that may be those of somebody's things, such as `filter.documentIds`. */
function idsInBody(document: ServedDocument, operation: Operation): string[] {
  const ofClients = IDS_OF_CLIENTS[nameOf(operation)] ?? [];
  return allIdsInBody(document, operation).filter((id) => !ofClients.includes(id));
}

/** The ids that its body may have, those that clients give to its parts among them. */
export function allIdsInBody(document: ServedDocument, { requestBody }: Operation): string[] {
  return Object.values(requestBody?.content ?? {}).flatMap(({ schema = {} }) =>
    idsIn(resolved(document, schema)),
  );
}

function idsIn(schema: JsonSchema, path = ''): string[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  const own = properties.filter(([name, inner]) => isId(name, inner)).map(([name]) => below(name));
  const parts: (readonly [part: unknown, path: string])[] = [
    ...properties.map(([name, inner]) => [inner, below(name)] as const),
    ...[schema['items'], ...listOf(schema, 'prefixItems')].map((part) => [part, `${path}[]`] as const),
    [schema['additionalProperties'], below('*')],
    ...['anyOf', 'oneOf', 'allOf'].flatMap((key) => listOf(schema, key).map((part) => [part, path] as const)),
  ];
  return [...own, ...parts.flatMap(([part, at]) => (isSchema(part) ? idsIn(part, at) : []))];
}

function listOf(schema: JsonSchema, key: string): readonly unknown[] {
  return (schema[key] as readonly unknown[] | undefined) ?? [];
}

function isSchema(part: unknown): part is JsonSchema {
  return typeof part === 'object' && part !== null && !Array.isArray(part);
}

/** Going by its name or its format; `Last-Event-ID` counts events and is of nobody's thing by itself. */
function isId(name: string, schema: JsonSchema): boolean {
  return schema['format'] === 'uuid' || /^(id|ids|[a-z]\w*(Id|Ids|_id|_ids))$/.test(name);
}
