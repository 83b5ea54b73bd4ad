import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** A turn's answer may be several messages, which share a position and differ in their parts. */
export class SeveralMessagesATurn1790000000032 extends ForwardOnly {
  readonly name = 'SeveralMessagesATurn1790000000032';

  async up(runner: QueryRunner): Promise<void> {
    // The unique index on position and part replaces it.
    await runner.query('ALTER TABLE messages DROP CONSTRAINT messages_thread_id_position_key');
  }
}
