import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Tickets that reopen their stream after its connection was lost. */
export class ReusableTickets1790000000011 extends ForwardOnly {
  readonly name = 'ReusableTickets1790000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE stream_tickets
        -- When the token expires with which the ticket was requested; NULL for tickets of a former release.
        ADD COLUMN token_expires_at timestamptz,
        ADD COLUMN opened_at timestamptz,
        -- The process that has its stream open.
        ADD COLUMN held_by text,
        -- The hashed user agent of the client that has opened it.
        ADD COLUMN user_agent bytea;
      -- Tickets live as long as tokens now, so they must survive a crash of the database.
      ALTER TABLE stream_tickets SET LOGGED;

      -- The processes that have such streams open, each registered for a few seconds at a time.
      CREATE UNLOGGED TABLE stream_holders (
        process text PRIMARY KEY,
        alive_until timestamptz NOT NULL
      );
    `);
  }
}
