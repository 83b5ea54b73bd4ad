import { Injectable } from '@nestjs/common';
import type { Person } from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import type { DeadDelivery, DeliveryCount, DeliveryStore, DueDelivery } from '../ports/delivery-store.js';
import * as statements from './delivery-statements.js';

type DeadRow = Omit<DeadDelivery, 'createdAt' | 'diedAt'> & {
  readonly created_at: Date;
  readonly died_at: Date;
};

/** Deliveries in Postgres. */
@Injectable()
export class PostgresDeliveryStore implements DeliveryStore {
  constructor(private readonly database: Database) {}

  claim(webhooks: readonly string[], limit: number): Promise<readonly DueDelivery[]> {
    return this.database.query<DueDelivery>(statements.CLAIM, [webhooks, limit]);
  }

  async arrived(id: string): Promise<void> {
    await this.database.query(statements.ARRIVED, [id]);
  }

  async failed({ id, attempts }: DueDelivery, error: string, delayMs: number): Promise<void> {
    await this.database.query(statements.FAILED, [id, attempts, error, delayMs]);
  }

  async died({ id, attempts }: DueDelivery, error: string): Promise<void> {
    await this.database.query(statements.DIED, [id, attempts, error]);
  }

  counts(org: string): Promise<readonly DeliveryCount[]> {
    return this.database.query<DeliveryCount>(statements.COUNTS, [org]);
  }

  async dead(org: string, limit: number, before: string | undefined): Promise<readonly DeadDelivery[]> {
    const rows = await this.database.query<DeadRow>(statements.DEAD, [org, limit, before ?? null]);
    return rows.map(({ id, webhook, type, attempts, error, created_at: createdAt, died_at: diedAt }) => ({
      ...{ id, webhook, type, attempts, error },
      createdAt: createdAt.toISOString(),
      diedAt: diedAt.toISOString(),
    }));
  }

  async sweep(): Promise<void> {
    await this.database.query(statements.SWEEP, []);
  }

  async removeAll({ org, id }: Person): Promise<void> {
    await this.database.query(statements.REMOVE_ALL, [org, id]);
  }
}
