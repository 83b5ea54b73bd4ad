/** The tools as clients of this wire define them: names that the server knows, with parameters of their own. */
export const AGENT_CHAT_TOOLS = [
  toolOf('search_web', 'Search the web', { query: { type: 'string' } }, ['query']),
  toolOf('scrape_web_content', 'Read a page', { url: { type: 'string' } }, ['url']),
  toolOf('execute_javascript', 'Run JavaScript', { code: { type: 'string' } }, ['code']),
] as const;

/** A tool that only the client has: the server ends the round, for the client to run it. */
export const CLIENT_TOOL = toolOf('open_drawer', 'Open a drawer', { label: { type: 'string' } }, ['label']);

function toolOf(name: string, description: string, properties: object, required: readonly string[]) {
  return {
    type: 'function',
    function: { name, description, parameters: { type: 'object', properties, required } },
  } as const;
}

/** The documented body of `POST /chat`, as its client sends it. */
export const DOCUMENTED_CHAT = `{
    "model": "gpt-4",
    "messages": [{"role":"user","content":"What is 2+2?"}],
    "tools": ${JSON.stringify(AGENT_CHAT_TOOLS)}
  }`;

/** The documented command, for a server and a token. */
export const documentedCurl = (url: string, jwt: string) => `curl -X POST ${url}/chat \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer ${jwt}" \\
  -d '${DOCUMENTED_CHAT}' --no-buffer`;

const user = (content: string) => ({ role: 'user', content }) as const;

/** What the documented check-list asks with, by its lines; `ask` goes to a stand-in that may be told how to answer. */
export const AGENT_CHAT_REQUESTS = {
  withoutTools: (ask: string) => ({ model: 'gpt-4', messages: [user(ask)] }),
  withTools: (ask: string) => ({
    model: 'gpt-4',
    messages: [user(ask)],
    tools: AGENT_CHAT_TOOLS,
    tool_choice: 'auto',
    temperature: 0.7,
    max_tokens: 1_000,
  }),
  withClientTool: (ask: string) => ({
    model: 'gpt-4',
    messages: [user(ask)],
    tools: [...AGENT_CHAT_TOOLS, CLIENT_TOOL],
  }),
  onGroq: (ask: string) => ({
    provider: 'groq',
    model: 'llama-3.3-70b-versatile',
    messages: [user(ask)],
    tools: AGENT_CHAT_TOOLS,
  }),
  /** What a client sends after it has run its own tool. */
  afterClientTool: (ask: string, callId: string, result: string) => ({
    model: 'gpt-4',
    messages: [
      user(ask),
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: callId, type: 'function', function: { name: 'open_drawer', arguments: '{"label":"a"}' } },
        ],
      },
      { role: 'tool', tool_call_id: callId, name: 'open_drawer', content: result },
    ],
    tools: [CLIENT_TOOL],
  }),
  search: (query: string, maxResults?: number) => ({
    query,
    ...(maxResults === undefined ? {} : { maxResults }),
  }),
  planning: (query: string) => ({ query }),
} as const;

/** Bodies of `POST /chat` that are refused with a 400, before anything is streamed. */
export const REFUSED_CHATS: readonly (readonly [why: string, body: unknown])[] = [
  ['no messages', { model: 'gpt-4', messages: [] }],
  ['messages that are no list', { model: 'gpt-4', messages: 'Hi' }],
  ['a message without a role', { model: 'gpt-4', messages: [{ content: 'Hi' }] }],
  ['a role that there is not', { model: 'gpt-4', messages: [{ role: 'owner', content: 'Hi' }] }],
  ['tools that are no list', { model: 'gpt-4', messages: [user('Hi')], tools: 'search_web' }],
  [
    'a tool without a name',
    { model: 'gpt-4', messages: [user('Hi')], tools: [{ type: 'function', function: {} }] },
  ],
  ['a provider that there is not', { model: 'gpt-4', messages: [user('Hi')], provider: 'nobody' }],
];
