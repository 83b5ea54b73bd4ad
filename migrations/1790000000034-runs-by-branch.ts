import type { QueryRunner } from 'typeorm';
import { Concurrently } from './concurrently.js';

/** The newest run of each branch, as each turn asks for it. */
export class RunsByBranch1790000000034 extends Concurrently {
  readonly name = 'RunsByBranch1790000000034';

  async up(runner: QueryRunner): Promise<void> {
    await this.createIndex(runner, {
      name: 'workflow_runs_by_branch',
      on: 'ON workflow_runs (thread_id, branch, id DESC)',
    });
  }
}
