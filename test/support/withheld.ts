import type { ReceivedFrame } from './sse-client.js';
import type { TestServer } from './test-server.js';
import type { TestUser } from './test-user.js';
import { until } from './until.js';

/** The name of the document that not everybody may read. */
export const TITLE = 'Override procedure';
/** What it says. */
export const SECRET = 'The override phrase of the pumping station is cormorant at midnight.';
/** What it is the answer to. */
export const QUESTION = 'What is the override phrase of the pumping station?';
/** What stands in its place. */
export const WITHHELD = '[withheld]';

/** The same user, cleared for it and not cleared any more. */
export interface People {
  readonly cleared: TestUser;
  readonly demoted: TestUser;
}

export async function peopleOf(server: TestServer): Promise<People> {
  return {
    cleared: await server.user({ sub: 'carol', roles: ['user', 'admin'], clearance: 'restricted' }),
    demoted: await server.user({ sub: 'carol', clearance: 'internal' }),
  };
}

/** Puts in a document and waits until it can be found; its id. */
export async function addDocument(user: TestUser, title: string, content: string, securityLevel: string) {
  const { status, body } = await user.ask('POST', '/rag/documents', { title, content, securityLevel });
  expect(status).toBe(202);
  const { id } = body.document;
  await until(async () => (await user.ask('GET', `/rag/documents/${id}`)).body.document.status === 'ready');
  return id as string;
}

export async function messagesOf(user: TestUser, threadId: string, query = '') {
  return (await user.ask('GET', `/chat/threads/${threadId}/messages${query}`)).body.messages;
}

export async function replay(
  user: TestUser,
  threadId: string,
  after = 0,
  turns = 1,
): Promise<ReceivedFrame[]> {
  const stream = await user.watch(threadId, after);
  const frames: ReceivedFrame[] = [];
  for await (const frame of stream.frames) {
    frames.push(frame);
    if (frame.type === 'done' && (turns -= 1) === 0) break;
  }
  stream.close();
  return frames;
}
