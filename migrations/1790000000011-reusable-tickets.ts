import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Tickets that open their stream again when its connection was lost. */
export class ReusableTickets1790000000011 extends ForwardOnly {
  readonly name = 'ReusableTickets1790000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE stream_tickets
        -- When the token ends that the ticket was asked for with; a former release says nothing of it.
        ADD COLUMN token_expires_at timestamptz,
        ADD COLUMN opened_at timestamptz,
        -- The process whose stream it has open.
        ADD COLUMN held_by text,
        -- Of the client that has opened it, hashed.
        ADD COLUMN user_agent bytea;
      -- They live for as long as tokens now, and a crash of the database is no reason to log their owners out.
      ALTER TABLE stream_tickets SET LOGGED;

      -- The processes that have such streams open, each for a few seconds at a time.
      CREATE UNLOGGED TABLE stream_holders (
        process text PRIMARY KEY,
        alive_until timestamptz NOT NULL
      );
    `);
  }
}
