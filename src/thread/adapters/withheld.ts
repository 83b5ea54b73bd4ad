import { clearanceLevel, type Caller, type WithheldReason } from '../../kernel/index.js';
import { logSql } from '../../log/index.js';
import type { Config } from '../../platform/config/index.js';
import type { JoinedTablesSql } from '../ports/joined-tables-sql.js';

/** The setting that the rule below depends on. */
export type MaskConfig = Pick<Config, 'MASK_ANSWERS_OF_DELETED_DOCUMENTS'>;

/** For whoever reads without a configuration. */
export const MASKS_BY_CLEARANCE: MaskConfig = { MASK_ANSWERS_OF_DELETED_DOCUMENTS: false };

/** The rule and what it rests on, as parts of statements on message `m`. */
export interface WithheldSql {
  /**
   * The level of what message `m` is drawn from: as it was kept with it; while it is being said, as its events have it; of
   * one that a former release has written, the highest of the documents it cites and that are still there.
   */
  readonly levelOfMessage: string;
  /** The documents that message `m` is drawn from, the same way. */
  readonly documentsOfMessage: string;
  /**
   * A row `w` beside message `m`, reckoned once for each: the `reason` why it is withheld from a reader, NULL when it may be
   * read. The parameters are the reader's level and whether deleted documents take their answers along: see {@link maskValues}.
   */
  readonly withheld: (level: string, masksDeleted: string) => string;
}

/** The rule, the only place that says it. */
export function withheldSql({ turns, documents }: JoinedTablesSql): WithheldSql {
  // The events so far of the turn of message `m`, which is being said.
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

/** What a row `w` says, as it goes into a message. */
export function withheldFields(reason: WithheldReason | null) {
  return reason === null ? {} : ({ withheld: true, withheldReason: reason } as const);
}
