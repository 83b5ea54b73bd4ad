import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const CALL = '{{call execute_javascript {"code":"6 * 7"}}}';

describe('a thread of the workflow agent', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let user: TestUser;
  let threadId: string;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({ OPENAI_URL: standIn.url });
    user = await server.user();
  });
  beforeEach(async () => {
    threadId = await user.newThread({ workflow: 'agent' });
  });
  afterAll(async () => {
    await server.close();
    await standIn.close();
  });

  const post = async (content: string, options?: object) =>
    (await user.ask('POST', `/chat/threads/${threadId}/messages`, { content, ...(options && { options }) }))
      .body;
  const offered = () =>
    (
      standIn.requests.at(-1)!.body.tools as
        readonly { readonly function: { readonly name: string } }[] | undefined
    )?.map((tool) => tool.function.name);

  it('has tools without a message that asks for them, in every turn', async () => {
    for (let turn = 0; turn < 2; turn += 1) {
      const { message } = await post(`What is 6 times 7? ${CALL}`);
      expect(message).toMatchObject({ content: 'The tool says: 42', step: 'act' });
    }
    expect(offered()).toEqual(expect.arrayContaining(['execute_javascript', 'read_result']));
  });

  it('has fewer of them, or none, where a message says so', async () => {
    await post('Hi [[tokens=1]]', { tools: ['read_result'] });
    expect(offered()).toEqual(['read_result']);
    await post('Hi [[tokens=1]]', { tools: false });
    expect(offered()).toBeUndefined();
  });
});
