import type { Basis } from '../../kernel/index.js';

/** So many documents are kept with an answer, its own first: what lies further back has no more to do with it. */
const MAX_DOCUMENTS = 64;

interface Given {
  readonly documentId: string;
  readonly level: number;
}

/** What an answer is drawn from that is given these passages and this history; `undefined` where that is nothing. */
export function basisOf(passages: readonly Given[], history: Basis | undefined): Basis | undefined {
  const level = Math.max(history?.level ?? 0, ...passages.map((passage) => passage.level));
  const own = passages.map(({ documentId }) => documentId);
  const documents = [...new Set([...own, ...(history?.documents ?? [])])].slice(0, MAX_DOCUMENTS);
  return level === 0 && documents.length === 0 ? undefined : { level, documents };
}
