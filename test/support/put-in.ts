import { setTimeout as sleep } from 'node:timers/promises';
import type { RagDocument } from '../../src/rag/core/document.js';
import type { TestUser } from './test-user.js';

const TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** The document of a server once it is ready or has failed. */
export async function untilTakenIn(user: TestUser, id: string): Promise<RagDocument> {
  for (const deadline = performance.now() + TIMEOUT_MS; performance.now() < deadline;) {
    const { status, body } = await user.ask('GET', `/rag/documents/${id}`);
    if (status !== 200) throw new Error(`the document answers with ${status}`);
    if (!['queued', 'processing'].includes(body.document.status)) return body.document;
    await sleep(POLL_MS);
  }
  throw new Error(`the document ${id} was not taken in`);
}

/** Puts a document in and waits until it can be searched; its id. */
export async function putIn(user: TestUser, document: Record<string, unknown>): Promise<string> {
  const { status, body } = await user.ask('POST', '/rag/documents', document);
  if (status !== 202) throw new Error(`a document was answered with ${status}: ${JSON.stringify(body)}`);
  const { status: state, error } = await untilTakenIn(user, body.document.id);
  if (state !== 'ready') throw new Error(`the document is ${state}: ${JSON.stringify(error)}`);
  return body.document.id;
}
