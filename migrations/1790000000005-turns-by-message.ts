import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** Finds the turns that a user's message started: one, or another after one that failed. */
export class TurnsByMessage1790000000005 extends ForwardOnly {
  readonly name = 'TurnsByMessage1790000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX turns_by_user_message ON turns (user_message_id, id DESC)');
  }
}
