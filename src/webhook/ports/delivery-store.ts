import type { Person } from '../../kernel/index.js';

/** Injection token of the {@link DeliveryStore}. */
export const DELIVERY_STORE = Symbol('DeliveryStore');

/** What is to be delivered now, and by whoever has claimed it. */
export interface DueDelivery {
  /** The receiver knows by it what it has got before. */
  readonly id: string;
  readonly webhook: string;
  readonly body: string;
  /** This attempt included. */
  readonly attempts: number;
}

/** A delivery that was given up. */
export interface DeadDelivery {
  readonly id: string;
  readonly webhook: string;
  readonly type: string;
  readonly attempts: number;
  /** What went wrong last. */
  readonly error: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
  readonly diedAt: string;
}

/** How many deliveries of a webhook are still to be made, and were given up. */
export interface DeliveryCount {
  readonly webhook: string;
  readonly pending: number;
  readonly dead: number;
}

/** Deliveries that are still to be made, or were given up: those that arrived are forgotten. */
export interface DeliveryStore {
  /**
   * Up to `limit` deliveries for each of the webhooks that are due, the longest due first. Nobody else gets them for a minute;
   * after that they are due again, unless somebody has said what came of them.
   */
  claim(webhooks: readonly string[], limit: number): Promise<readonly DueDelivery[]>;
  arrived(id: string): Promise<void>;
  /** It is due again after so many milliseconds, unless it has been claimed anew meanwhile. */
  failed(delivery: DueDelivery, error: string, delayMs: number): Promise<void>;
  /** It is given up, unless it has been claimed anew meanwhile. */
  died(delivery: DueDelivery, error: string): Promise<void>;
  /** Of the organisation alone; a webhook with neither is left out. */
  counts(org: string): Promise<readonly DeliveryCount[]>;
  /** Of the organisation alone, the newest first, and those older than `before` where it is given. */
  dead(org: string, limit: number, before: string | undefined): Promise<readonly DeadDelivery[]>;
  /** Removes what was given up a week ago, and what nobody has delivered for two. */
  sweep(): Promise<void>;
  /** Removes what tells of the person. */
  removeAll(person: Person): Promise<void>;
}
