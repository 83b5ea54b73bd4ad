import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** What other systems are to be told of, until it has arrived. `next_at` is NULL for what was given up. */
export class WebhookDeliveries1790000000049 extends ForwardOnly {
  readonly name = 'WebhookDeliveries1790000000049';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_deliveries (
        id uuid PRIMARY KEY,
        webhook text NOT NULL,
        org_id text NOT NULL,
        user_id text NOT NULL,
        type text NOT NULL,
        body text NOT NULL,
        attempts int NOT NULL DEFAULT 0,
        next_at timestamptz DEFAULT now(),
        error text,
        created_at timestamptz NOT NULL DEFAULT now(),
        died_at timestamptz
      )`);
    await runner.query(
      'CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, next_at) WHERE next_at IS NOT NULL',
    );
    await runner.query('CREATE INDEX webhook_deliveries_by_org ON webhook_deliveries (org_id, id)');
  }
}
