import type { Lease, NewTurn, StoredTurn } from '../ports/turn-store.js';
import type { Place } from './queue-changes.js';
import { turnFrom, type TurnRow } from './turn-row.js';

/** A row of a turn that has begun, or will. */
export type StartedRow = TurnRow & { readonly first_seq: number };

/** A row of a turn that was just stored, with what was found for it if it begins. */
export type StoredRow = StartedRow & Place & PinnedRow & (AlongRow | { readonly has_documents?: undefined });

interface PinnedRow {
  readonly workflow: string;
  readonly workflow_version: number;
}

interface AlongRow {
  readonly has_documents: boolean;
  readonly run: unknown;
}

export function storedFrom(row: StoredRow, { savedEvent }: NewTurn): StoredTurn & Pick<Lease, 'along'> {
  const { first_seq: firstSeq, siblings, saved_end: end } = row;
  const workflow = { name: row.workflow, version: row.workflow_version };
  const along =
    row.has_documents === undefined ? undefined : { hasDocuments: row.has_documents, run: row.run };
  return { turn: turnFrom(row), firstSeq, siblings, workflow, along, savedEvent: savedEvent + end };
}
