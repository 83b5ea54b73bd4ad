import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** A turn's answer may be several messages, which have one position and differ in their parts. */
export class SeveralMessagesATurn1790000000032 extends ForwardOnly {
  readonly name = 'SeveralMessagesATurn1790000000032';

  async up(runner: QueryRunner): Promise<void> {
    // The unique index on position and part has taken its place.
    await runner.query('ALTER TABLE messages DROP CONSTRAINT messages_thread_id_position_key');
  }
}
