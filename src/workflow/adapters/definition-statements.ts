import { sql } from '../../platform/database/index.js';

const COLUMNS = 'name, version, definition';

export const FIND = sql(
  'definition_store.find',
  `SELECT ${COLUMNS} FROM workflow_definitions
   WHERE org_id = $1 AND name = $2 AND (version = $3 OR ($3::int IS NULL AND deleted_at IS NULL))
   ORDER BY version DESC LIMIT 1`,
);

export const LIST = sql(
  'definition_store.list',
  `SELECT DISTINCT ON (name) ${COLUMNS} FROM workflow_definitions
   WHERE org_id = $1 AND deleted_at IS NULL ORDER BY name, version DESC`,
);

/** Of those who publish in one organisation at once, one comes after the other. */
export const LOCK = sql(
  'definition_store.lock',
  `SELECT pg_advisory_xact_lock(hashtextextended('definitions ' || $1, 0))`,
);

/** No row: the organisation has defined as much as it may. */
export const PUBLISH = sql(
  'definition_store.publish',
  `INSERT INTO workflow_definitions (org_id, name, version, definition)
   SELECT $1, $2, GREATEST(COALESCE(max(version), 0), $3::int) + 1, $4::json
   FROM workflow_definitions WHERE org_id = $1 AND name = $2
   HAVING count(*) < $6 AND (count(*) > 0 OR (
     SELECT count(DISTINCT name) FROM workflow_definitions WHERE org_id = $1) < $5)
   RETURNING version`,
);

/** A run that begins meanwhile has found the version before: it holds on to it. */
export const REMOVE = sql(
  'definition_store.remove',
  `WITH found AS (
     SELECT version FROM workflow_definitions
     WHERE org_id = $1 AND name = $2 AND version = $3 AND deleted_at IS NULL FOR UPDATE
   ), live AS (
     SELECT 1 FROM workflow_runs WHERE org_id = $1 AND workflow = $2 AND version = $3 AND status = 'waiting' LIMIT 1
   ), removed AS (
     UPDATE workflow_definitions d SET deleted_at = now() FROM found
     WHERE d.org_id = $1 AND d.name = $2 AND d.version = $3 AND NOT EXISTS (SELECT 1 FROM live)
     RETURNING d.version
   )
   SELECT EXISTS (SELECT 1 FROM found) AS was_found, EXISTS (SELECT 1 FROM removed) AS is_removed`,
);
