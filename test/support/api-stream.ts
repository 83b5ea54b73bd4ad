import { startOllamaStandIn, type OllamaStandIn } from '../doubles/ollama-stand-in.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer, type TestServer } from './test-server.js';
import type { TestUser } from './test-user.js';
import { readWire, type WireAnswer, type WireEvent } from './wire-client.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a user says, with its own id if it has one. */
export const user = (content: string, id?: string) => ({
  role: 'user',
  content,
  ...(id === undefined ? {} : { id }),
});
/** What was answered. */
export const assistant = (content: string) => ({ role: 'assistant', content });
const chunks = (events: readonly WireEvent[]) => events.filter(({ event }) => event === 'message-chunk');
/** The text of all pieces. */
export const textOf = (events: readonly WireEvent[]) =>
  chunks(events)
    .map(({ data }) => data.content)
    .join('');

/** A server over stand-ins for two providers, with requests to `/api/stream`, for the specs of the surrounding `describe`. */
export function apiStream() {
  let ollama: OllamaStandIn;
  let openAi: OpenAiStandIn;
  let server: TestServer;
  let alice: TestUser;
  beforeAll(async () => {
    ollama = await startOllamaStandIn();
    openAi = await startOpenAiStandIn();
    server = await startTestServer({
      OLLAMA_URL: ollama.url,
      OPENAI_URL: openAi.url,
      LLM_MAX_RETRIES: '0',
      LLM_BREAKER_THRESHOLD: '1000',
    });
    alice = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    await ollama?.close();
    await openAi?.close();
  });

  const stream = (body: unknown, who: TestUser | undefined = alice) =>
    readWire(server.url, who, '/api/stream', body);
  const inChat = (chatId: string, messages: readonly unknown[], more: object = {}, who = alice) =>
    stream({ messages, model: 'llama2', chatId, ...more }, who);
  const saidIn = async (threadId: string, who = alice) =>
    (await who.ask('GET', `/chat/threads/${threadId}/messages`)).body.messages.map(
      ({ content }: { content: string }) => content,
    );

  return {
    get ollama() {
      return ollama;
    },
    get openAi() {
      return openAi;
    },
    get server() {
      return server;
    },
    get alice() {
      return alice;
    },
    stream,
    inChat,
    saidIn,
  };
}

/** Expects that this is the whole answer; its id. */
export function expectWhole({ status, events }: WireAnswer, text: string): string {
  expect(status).toBe(200);
  const { messageId } = events[0]!.data;
  expect(messageId).toMatch(UUID);
  expect(events[0]).toEqual({ event: 'message-start', data: { messageId } });
  for (const { data } of chunks(events))
    expect(data).toEqual({ messageId, content: expect.stringMatching(/./), done: false });
  expect(textOf(events)).toBe(text);
  expect(events.at(-1)).toEqual({ event: 'message-complete', data: { messageId, fullContent: text } });
  expect(events.length).toBe(chunks(events).length + 2);
  return messageId;
}
