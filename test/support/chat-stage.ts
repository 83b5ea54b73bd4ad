import { startAnthropicStandIn, type AnthropicStandIn } from '../doubles/anthropic-stand-in.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer, type TestServer } from './test-server.js';
import type { TestUser } from './test-user.js';
import { readWire, type WireEvent } from './wire-client.js';

/** A time as it is told. */
export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The text of all pieces. */
export const textOf = (events: readonly WireEvent[]) => events.map(({ data }) => data.content ?? '').join('');

/** A server over stand-ins for two providers, with requests to `/chat`, for the specs of the surrounding `describe`. */
export function chatStage() {
  let openAi: OpenAiStandIn;
  let anthropic: AnthropicStandIn;
  let server: TestServer;
  let alice: TestUser;
  beforeAll(async () => {
    openAi = await startOpenAiStandIn();
    anthropic = await startAnthropicStandIn();
    server = await startTestServer({
      OPENAI_URL: openAi.url,
      ANTHROPIC_URL: anthropic.url,
      ANTHROPIC_API_KEY: 'sk-ant-test',
      LLM_MAX_RETRIES: '0',
      LLM_BREAKER_THRESHOLD: '1000',
      MAX_ANSWER_CHARS: '20000',
    });
    alice = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    await openAi?.close();
    await anthropic?.close();
  });

  const chat = (body: unknown, user: TestUser | undefined = alice) =>
    readWire(server.url, user, '/chat', body);
  const threads = async (user = alice) => (await user.ask('GET', '/chat/threads')).body.threads;

  return {
    get openAi() {
      return openAi;
    },
    get anthropic() {
      return anthropic;
    },
    get server() {
      return server;
    },
    get alice() {
      return alice;
    },
    chat,
    threads,
  };
}
