import { putIn } from './put-in.js';
import type { ReceivedFrame } from './sse-client.js';
import type { TestUser } from './test-user.js';

/** What an answer cites. */
export interface Citation {
  readonly marker: string;
  readonly documentId: string;
  readonly title: string;
  readonly offsets: { readonly start: number; readonly end: number };
}

/** Puts in a document and waits until it can be found; its id. */
export async function addDocument(
  user: TestUser,
  title: string,
  content: string,
  more: Record<string, unknown>,
): Promise<string> {
  return putIn(user, { title, content, ...more });
}

/** What the answer of these frames cites. */
export function citationsIn(frames: readonly ReceivedFrame[]): readonly Citation[] {
  return frames.find(({ type }) => type === 'rag_context')?.data['citations'] ?? [];
}
