import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  type CallToolResult,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';

export const text = (said: string): CallToolResult => ({ content: [{ type: 'text', text: said }] });

/** The fields of a form, all required. */
export const fields = (properties: Record<string, { type: 'string' } | { type: 'boolean' }>) => ({
  type: 'object' as const,
  properties,
  required: Object.keys(properties),
});

const NAME = inputRequired.elicit({
  message: 'What is your name?',
  requestedSchema: fields({ name: { type: 'string' } }),
});
const ROOTS = inputRequired.listRoots();
const asks = (question: string, maxTokens: number) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: question } }],
    maxTokens,
  });

const COLOUR = inputRequired.elicit({
  message: 'What is your favorite color?',
  requestedSchema: fields({ color: { type: 'string' } }),
});

interface State {
  readonly round: number;
}
type Request = ServerContext['mcpReq'];
export const ASKING = 'test_input_required_result_';

/** Seals the state of the questions. */
export const codec = createRequestStateCodec<State>({
  key: 'a key of the fixtures, which nothing else has',
});

/** Tools that ask their client something before they answer. */
export function registerQuestions(server: McpServer): void {
  ask(server, 'elicitation', { user_name: NAME }, ({ mcpReq }) => {
    const { name } = accepted(mcpReq, 'user_name') ?? {};
    return typeof name === 'string' ? text(`Hello, ${name}!`) : undefined;
  });
  ask(server, 'sampling', { capital_question: asks('What is the capital of France?', 100) }, ({ mcpReq }) => {
    const response = inputResponse(mcpReq.inputResponses, 'capital_question');
    return response.kind === 'sampling' ? text(JSON.stringify(response.result.content)) : undefined;
  });
  ask(server, 'list_roots', { client_roots: ROOTS }, ({ mcpReq }) => {
    const response = inputResponse(mcpReq.inputResponses, 'client_roots');
    return response.kind === 'roots' ? text(response.roots.map(({ uri }) => uri).join(' ')) : undefined;
  });
  registerStates(server);
}

function registerStates(server: McpServer): void {
  const confirm = inputRequired.elicit({
    message: 'Please confirm',
    requestedSchema: fields({ ok: { type: 'boolean' } }),
  });
  const all = { user_name: NAME, greeting: asks('Generate a greeting', 50), client_roots: ROOTS };
  for (const [name, inputRequests] of Object.entries({
    request_state: { confirm },
    tampered_state: { confirm },
    multiple_inputs: all,
  })) {
    const isAnswered = ({ inputResponses = {} }: Request) =>
      Object.keys(inputRequests).every((key) => key in inputResponses);
    server.registerTool(`${ASKING}${name}`, { description: 'Asks, with a state' }, async ({ mcpReq }) =>
      mcpReq.requestState<State>() !== undefined && isAnswered(mcpReq)
        ? text('state-ok')
        : inputRequired({ inputRequests, requestState: await codec.mint({ round: 1 }) }),
    );
  }
  server.registerTool(`${ASKING}multi_round`, { description: 'Asks twice' }, async ({ mcpReq }) => {
    const round = mcpReq.requestState<State>()?.round ?? 0;
    if (round === 2 && accepted(mcpReq, 'step2') !== undefined) return text('Both answered.');
    if (round === 1 && accepted(mcpReq, 'step1') !== undefined)
      return inputRequired({
        inputRequests: { step2: COLOUR },
        requestState: await codec.mint({ round: 2 }),
      });
    return inputRequired({ inputRequests: { step1: NAME }, requestState: await codec.mint({ round: 1 }) });
  });
  registerCapabilities(server);
}

function registerCapabilities(server: McpServer): void {
  server.registerTool(
    `${ASKING}capabilities`,
    { description: 'Asks what the client can do' },
    ({ mcpReq }) => {
      const can = capabilitiesOf(mcpReq);
      return inputRequired({
        inputRequests: {
          ...(can['elicitation'] === undefined ? {} : { user_name: NAME }),
          ...(can['sampling'] === undefined ? {} : { question: asks('What is the capital of France?', 100) }),
        },
      });
    },
  );
  server.registerTool('test_missing_capability', { description: 'Needs sampling' }, () =>
    inputRequired({ inputRequests: { question: asks('What is the capital of France?', 100) } }),
  );
  server.registerTool(
    'test_streaming_elicitation',
    { description: 'Asks after a while' },
    async ({ mcpReq }) => {
      if (mcpReq.inputResponses !== undefined) return text('Answered.');
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } });
      return inputRequired({ inputRequests: { user_name: NAME } });
    },
  );
}

/** Asks the client, and answers with what `answered` makes of its response: asked again while it makes nothing of it. */
function ask(
  server: McpServer,
  name: string,
  inputRequests: Record<string, typeof NAME>,
  answered: (context: ServerContext) => CallToolResult | undefined,
): void {
  server.registerTool(
    `${ASKING}${name}`,
    { description: 'Asks' },
    (context) => answered(context) ?? inputRequired({ inputRequests }),
  );
}

export function accepted({ inputResponses }: Request, key: string): Record<string, unknown> | undefined {
  const response = inputResponse(inputResponses, key);
  return response.kind === 'elicit' && response.action === 'accept' ? response.content : undefined;
}

function capabilitiesOf({ envelope }: Request): Readonly<Record<string, unknown>> {
  const all = envelope as Readonly<Record<string, unknown>> | undefined;
  return (all?.[CLIENT_CAPABILITIES_META_KEY] ?? {}) as Readonly<Record<string, unknown>>;
}
