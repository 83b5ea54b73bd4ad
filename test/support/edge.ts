import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer, type TestServer } from './test-server.js';
import type { TestUser } from './test-user.js';

/** A server over a stand-in of short answers, with requests of alice's as they are given, for the specs of the surrounding `describe`. */
export function edge() {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let alice: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn({ behaviour: { tokens: 3 } });
    server = await startTestServer({ OPENAI_URL: standIn.url });
    alice = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  /** A request as it is given, with alice's token. */
  const send = async (method: string, path: string, init: Omit<RequestInit, 'method'> = {}) => {
    const response = await fetch(server.url + path, {
      ...init,
      method,
      headers: { authorization: `Bearer ${alice.token}`, ...(init.headers as Record<string, string>) },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text };
  };

  return {
    get server() {
      return server;
    },
    get alice() {
      return alice;
    },
    send,
  };
}
