import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What a provider wants back with the calls that its model made, such as signed reasoning. */
export class MetadataOfProviders1790000000041 extends ForwardOnly {
  readonly name = 'MetadataOfProviders1790000000041';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE messages ADD COLUMN provider_metadata jsonb');
  }
}
