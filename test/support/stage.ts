import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startTestServer, type TestServer } from './test-server.js';
import type { TestUser } from './test-user.js';

export interface Stage {
  readonly standIn: OpenAiStandIn;
  readonly server: TestServer;
  readonly alice: TestUser;
}

/** A server over a stand-in provider, and a user of it, for the specs of the surrounding `describe`. */
export function stage(): Stage {
  const set: Partial<{ -readonly [Part in keyof Stage]: Stage[Part] }> = {};
  beforeAll(async () => {
    set.standIn = await startOpenAiStandIn();
    set.server = await startTestServer({ OPENAI_URL: set.standIn.url });
    set.alice = await set.server.user();
  });
  afterAll(async () => {
    await set.server?.close();
    await set.standIn?.close();
  });
  return {
    get standIn() {
      return set.standIn!;
    },
    get server() {
      return set.server!;
    },
    get alice() {
      return set.alice!;
    },
  };
}
