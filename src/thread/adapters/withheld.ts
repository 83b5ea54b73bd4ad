import { clearanceLevel, type Caller, type WithheldReason } from '../../kernel/index.js';
import { logSql } from '../../log/index.js';
import type { Config } from '../../platform/config/index.js';
import type { JoinedTablesSql } from '../ports/joined-tables-sql.js';

/** The setting that the rule below depends on. */
export type MaskConfig = Pick<Config, 'MASK_ANSWERS_OF_DELETED_DOCUMENTS'>;

/** For statements that run without a configuration. */
export const MASKS_BY_CLEARANCE: MaskConfig = { MASK_ANSWERS_OF_DELETED_DOCUMENTS: false };

/** The rule and its inputs, as parts of statements about message `m`. */
export interface WithheldSql {
  /**
   * The level of the documents that message `m` is based on: the stored one; while it is being answered, that of its
   * events; for a message of a former release, the highest of the cited documents that still exist.
   */
  readonly levelOfMessage: string;
  /** The documents that message `m` is based on, found in the same way. */
  readonly documentsOfMessage: string;
  /**
   * A row `w` beside message `m`, computed once for each: the `reason` why it is withheld from a reader, NULL when it
   * may be read. The parameters are the reader's level and whether answers of deleted documents are withheld: see
   * {@link maskValues}.
   */
  readonly withheld: (level: string, masksDeleted: string) => string;
}

/** The rule; it is defined nowhere else. */
export function withheldSql({ turns, documents }: JoinedTablesSql): WithheldSql {
  // The events so far of the turn of message `m`, which has not ended.
  const ownEvents = `(${turns.turn('m.turn_id')}) own ${logSql.joinEvents('e', 'own')}
    WHERE own.has_begun`;
  const levelOfMessage = `COALESCE(m.level, CASE
    WHEN m.status = 'streaming' THEN (SELECT max(e.level) FROM ${ownEvents})
    WHEN m.citations <> '[]' THEN (
      SELECT max(d.level) FROM jsonb_array_elements(m.citations) c
      CROSS JOIN LATERAL (${documents.levelOf("(c ->> 'documentId')::uuid")}) d)
    END, 0)`;
  const documentsOfMessage = `CASE
    WHEN m.status = 'streaming' THEN ARRAY(
      SELECT (c ->> 'documentId')::uuid FROM (SELECT e.data FROM ${ownEvents} AND e.type = 'rag_context') told
      CROSS JOIN json_array_elements(told.data -> 'citations') c)
    WHEN m.documents IS NULL AND m.citations <> '[]' THEN ARRAY(
      SELECT (c ->> 'documentId')::uuid FROM jsonb_array_elements(m.citations) c)
    ELSE m.documents END`;
  const isUprooted = `EXISTS (
    SELECT 1 FROM unnest(${documentsOfMessage}) AS given (id) WHERE NOT ${documents.isThere('given.id')})`;
  return {
    levelOfMessage,
    documentsOfMessage,
    withheld: (level, masksDeleted) => `CROSS JOIN LATERAL (SELECT CASE
    WHEN m.role = 'user' OR (m.status <> 'streaming' AND m.content = '' AND m.tool_calls = '[]') THEN NULL
    WHEN ${levelOfMessage} > ${level}::smallint THEN 'clearance'
    WHEN ${masksDeleted}::boolean AND ${isUprooted} THEN 'document_deleted'
  END AS reason OFFSET 0) w`,
  };
}

/** The values of the rule's two parameters. */
export function maskValues(
  { clearance }: Pick<Caller, 'clearance'>,
  { MASK_ANSWERS_OF_DELETED_DOCUMENTS }: MaskConfig,
): readonly [number, boolean] {
  return [clearanceLevel(clearance), MASK_ANSWERS_OF_DELETED_DOCUMENTS];
}

/** The fields of a message for a row `w`. */
export function withheldFields(reason: WithheldReason | null) {
  return reason === null ? {} : ({ withheld: true, withheldReason: reason } as const);
}
