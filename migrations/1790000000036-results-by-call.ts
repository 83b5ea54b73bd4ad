import type { QueryRunner } from 'typeorm';
import { Concurrently } from './concurrently.js';

/** What came of calls, by the calls: `read_result` reads on in them. */
export class ResultsByCall1790000000036 extends Concurrently {
  readonly name = 'ResultsByCall1790000000036';

  async up(runner: QueryRunner): Promise<void> {
    await this.createIndex(runner, {
      name: 'messages_by_call',
      on: 'ON messages (thread_id, tool_call_id) WHERE tool_call_id IS NOT NULL',
    });
  }
}
