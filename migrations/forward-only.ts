import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A migration that is never reverted: a mistake is corrected by the next one. */
export abstract class ForwardOnly implements MigrationInterface {
  abstract readonly name: string;
  abstract up(runner: QueryRunner): Promise<void>;

  down(): Promise<void> {
    return Promise.reject(new Error(`${this.name} cannot be taken back: write a new migration instead`));
  }
}
