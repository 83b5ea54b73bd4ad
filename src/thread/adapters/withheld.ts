import { clearanceLevel, type Caller, type WithheldReason } from '../../kernel/index.js';
import type { Config } from '../../platform/config/index.js';

/** The setting that the rule below depends on. */
export type MaskConfig = Pick<Config, 'MASK_ANSWERS_OF_DELETED_DOCUMENTS'>;

/** For whoever reads without a configuration. */
export const MASKS_BY_CLEARANCE: MaskConfig = { MASK_ANSWERS_OF_DELETED_DOCUMENTS: false };

/** The events so far of the turn of message `m`, which is being said. */
const OWN_EVENTS = `turns own JOIN turn_events e
      ON e.thread_id = own.thread_id AND e.seq > own.first_seq AND e.turn_id = own.id
    WHERE own.id = m.turn_id AND own.status <> 'queued'`;

/**
 * The level of what message `m` is drawn from: as it was kept with it; while it is being said, as its events have it; of
 * one that a former release has written, the highest of the documents it cites and that are still there.
 */
export const LEVEL_OF_MESSAGE = `COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (SELECT max(e.level) FROM ${OWN_EVENTS})
    WHEN m.citations <> '[]' THEN (
      SELECT max(s.level) FROM jsonb_array_elements(m.citations) c
      JOIN rag_documents d ON d.id = (c ->> 'documentId')::uuid JOIN rag_scopes s ON s.id = d.scope_id)
    END, 0)`;

/** The documents that message `m` is drawn from, the same way. */
export const DOCUMENTS_OF_MESSAGE = `CASE
    WHEN m.status = 'streaming' THEN ARRAY(
      SELECT (c ->> 'documentId')::uuid FROM (SELECT e.data FROM ${OWN_EVENTS} AND e.type = 'rag_context') told
      CROSS JOIN json_array_elements(told.data -> 'citations') c)
    WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
      SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
    ELSE m.documents END`;

/** Whether a document is gone that message `m` is drawn from. */
const IS_UPROOTED = `EXISTS (
    SELECT 1 FROM unnest(${DOCUMENTS_OF_MESSAGE}) AS given (id)
    WHERE NOT EXISTS (SELECT 1 FROM rag_documents d WHERE d.id = given.id))`;

/**
 * The rule, the only place that says it: why message `m` is withheld from a reader, or NULL when it may be read. The
 * parameters are the reader's level and whether deleted documents take their answers along: see {@link maskValues}.
 */
export function withheldReason(level: string, masksDeleted: string): string {
  return `CASE
    WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
    WHEN ${LEVEL_OF_MESSAGE} > ${level}::smallint THEN 'clearance'
    WHEN ${masksDeleted}::boolean AND ${IS_UPROOTED} THEN 'document_deleted'
  END`;
}

/** The rule as a row `w` beside message `m`, reckoned once for each. */
export function withheld(level: string, masksDeleted: string): string {
  return `CROSS JOIN LATERAL (SELECT ${withheldReason(level, masksDeleted)} AS reason OFFSET 0) w`;
}

/** The values of the rule's two parameters. */
export function maskValues(
  { clearance }: Pick<Caller, 'clearance'>,
  { MASK_ANSWERS_OF_DELETED_DOCUMENTS }: MaskConfig,
): readonly [number, boolean] {
  return [clearanceLevel(clearance), MASK_ANSWERS_OF_DELETED_DOCUMENTS];
}

/** What a row `w` says, as it goes into a message. */
export function withheldFields(reason: WithheldReason | null) {
  return reason === null ? {} : ({ withheld: true, withheldReason: reason } as const);
}
