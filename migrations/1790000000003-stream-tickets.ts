import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** One-use tickets that open a thread's stream in place of a bearer token. */
export class StreamTickets1790000000003 extends ForwardOnly {
  readonly name = 'StreamTickets1790000000003';

  async up(runner: QueryRunner): Promise<void> {
    // Unlogged: a ticket lives for thirty seconds, and losing one to a crash costs a client one more request.
    // No foreign key, for the same reason: a ticket of a deleted thread opens nothing.
    await runner.query(`
      CREATE UNLOGGED TABLE stream_tickets (
        hash bytea PRIMARY KEY,
        caller jsonb NOT NULL,
        org_id text NOT NULL,
        user_id text NOT NULL,
        thread_id uuid NOT NULL,
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX stream_tickets_by_user ON stream_tickets (org_id, user_id);
      CREATE INDEX stream_tickets_by_expiry ON stream_tickets (expires_at);
    `);
  }
}
