import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Documents are ingested in the background, removed in small steps, and counted. */
export class RagIngestion1790000000016 extends ForwardOnly {
  readonly name = 'RagIngestion1790000000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The version of the terms of a document's chunks: 1 is written by releases without this column.
      ALTER TABLE rag_documents ADD COLUMN index_version smallint NOT NULL DEFAULT 1;

      -- Documents that are being ingested. The owner of a row's run and lease writes the document's chunks. They are
      -- not searchable until the row is gone.
      CREATE TABLE rag_ingestions (
        document_id uuid PRIMARY KEY REFERENCES rag_documents ON DELETE CASCADE,
        scope_id integer NOT NULL,
        org_id text NOT NULL,
        owner_id text NOT NULL,
        bytes bigint NOT NULL,
        index_version smallint NOT NULL,
        attempts smallint NOT NULL DEFAULT 0,
        run uuid,
        lease_until timestamptz,
        written_chunks integer NOT NULL DEFAULT 0,
        written_terms bigint NOT NULL DEFAULT 0
      ) WITH (fillfactor = 50);
      CREATE INDEX rag_ingestions_by_owner ON rag_ingestions (org_id, owner_id);

      -- When an org (owner '') or a user was last served by a claim: the oldest one is next.
      CREATE TABLE rag_served (
        org_id text NOT NULL,
        owner_id text NOT NULL,
        served_at timestamptz NOT NULL,
        PRIMARY KEY (org_id, owner_id)
      );

      -- Documents whose chunks are still to be removed, in small steps; no search finds them any more.
      CREATE TABLE rag_removals (
        document_id uuid PRIMARY KEY,
        scope_id integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX rag_removals_by_scope ON rag_removals (scope_id);

      -- How much an org (owner '') or a user has stored.
      CREATE TABLE rag_usage (
        org_id text NOT NULL,
        owner_id text NOT NULL,
        documents bigint NOT NULL,
        bytes bigint NOT NULL,
        PRIMARY KEY (org_id, owner_id)
      ) WITH (fillfactor = 50);
      INSERT INTO rag_usage (org_id, owner_id, documents, bytes)
        SELECT s.org_id, COALESCE(d.owner_id, ''), count(*), sum(d.bytes)
        FROM rag_documents d JOIN rag_scopes s ON s.id = d.scope_id
        GROUP BY GROUPING SETS ((s.org_id, d.owner_id), (s.org_id))
        HAVING GROUPING(d.owner_id) = 1 OR d.owner_id <> '';

      -- Deleting a document touches one row, however long the document is.
      ALTER TABLE rag_chunks DROP CONSTRAINT rag_chunks_document_id_fkey;
      ALTER TABLE rag_terms DROP CONSTRAINT rag_terms_chunk_id_fkey;
    `);
    await runner.query(TRIGGERS);
  }
}

/** Triggers, so that the sums are correct and nothing is left behind whoever writes, former releases included. */
const TRIGGERS = `
  CREATE FUNCTION rag_count_documents() RETURNS trigger LANGUAGE plpgsql AS $body$
  DECLARE
    sign integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
  BEGIN
    -- In a fixed order, the org first, so that two writers never deadlock.
    INSERT INTO rag_usage (org_id, owner_id, documents, bytes)
      SELECT s.org_id, COALESCE(d.owner_id, ''), sign * count(*), sign * sum(d.bytes)
      FROM changed d JOIN rag_scopes s ON s.id = d.scope_id
      GROUP BY GROUPING SETS ((s.org_id, d.owner_id), (s.org_id))
      -- A document without an owner counts for the org alone.
      HAVING GROUPING(d.owner_id) = 1 OR d.owner_id <> ''
      ORDER BY 1, 2
    ON CONFLICT (org_id, owner_id) DO UPDATE SET
      documents = rag_usage.documents + EXCLUDED.documents, bytes = rag_usage.bytes + EXCLUDED.bytes;
    RETURN NULL;
  END $body$;

  CREATE FUNCTION rag_leave_chunks() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    INSERT INTO rag_removals (document_id, scope_id) SELECT id, scope_id FROM changed ON CONFLICT DO NOTHING;
    RETURN NULL;
  END $body$;

  CREATE TRIGGER rag_documents_counted_in AFTER INSERT ON rag_documents
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rag_count_documents();
  CREATE TRIGGER rag_documents_counted_out AFTER DELETE ON rag_documents
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rag_count_documents();
  CREATE TRIGGER rag_documents_left AFTER DELETE ON rag_documents
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rag_leave_chunks();`;
