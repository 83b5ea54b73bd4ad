import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Documents for retrieval, their chunks, and the term table that ranks them. */
export class Rag1790000000002 extends ForwardOnly {
  readonly name = 'Rag1790000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One row for everything with the same readers: an org's documents of one level, shared or private to one user. A
      -- caller may read at most eight of these, so the sums over them are the exact statistics of their corpus.
      CREATE TABLE rag_scopes (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        org_id text NOT NULL CHECK (length(org_id) <= 255),
        level smallint NOT NULL CHECK (level BETWEEN 0 AND 3),
        private_to text CHECK (length(private_to) <= 255),
        chunk_count bigint NOT NULL DEFAULT 0 CHECK (chunk_count >= 0),
        term_count bigint NOT NULL DEFAULT 0 CHECK (term_count >= 0),
        UNIQUE NULLS NOT DISTINCT (org_id, private_to, level)
      ) WITH (fillfactor = 50);

      CREATE TABLE rag_documents (
        id uuid PRIMARY KEY,
        scope_id integer NOT NULL REFERENCES rag_scopes ON DELETE CASCADE,
        owner_id text NOT NULL CHECK (length(owner_id) <= 255),
        title text NOT NULL,
        source text,
        content_type text NOT NULL,
        content text NOT NULL,
        metadata jsonb NOT NULL DEFAULT '{}',
        status text NOT NULL CHECK (status IN ('queued', 'processing', 'ready', 'failed')),
        error jsonb,
        bytes bigint NOT NULL,
        chunk_count integer NOT NULL,
        term_count bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      -- A page of a list is the newest of each scope, merged.
      CREATE INDEX rag_documents_by_scope ON rag_documents (scope_id, id DESC);

      CREATE TABLE rag_chunks (
        id uuid PRIMARY KEY,
        document_id uuid NOT NULL REFERENCES rag_documents ON DELETE CASCADE,
        position integer NOT NULL,
        content text NOT NULL,
        start_offset integer NOT NULL,
        end_offset integer NOT NULL,
        UNIQUE (document_id, position)
      );

      -- How often a term occurs in a chunk, and the chunk's number of terms; a search reads the key alone. No foreign
      -- key on the scope, which is the document's.
      CREATE TABLE rag_terms (
        chunk_id uuid NOT NULL REFERENCES rag_chunks ON DELETE CASCADE,
        scope_id integer NOT NULL,
        frequency smallint NOT NULL,
        chunk_length smallint NOT NULL,
        term text NOT NULL,
        PRIMARY KEY (scope_id, term, chunk_id) INCLUDE (frequency, chunk_length)
      );
      CREATE INDEX rag_terms_by_chunk ON rag_terms (chunk_id);
    `);
  }
}
