import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { DELIVERY_STORE, type DeadDelivery, type DeliveryStore } from '../ports/delivery-store.js';

/** Dead deliveries, and the last one's id where others follow. */
export interface DeadPage {
  readonly deliveries: readonly DeadDelivery[];
  readonly lastId: string | undefined;
}

/** Says which webhooks an organisation has, and how they do. */
@Injectable()
export class ListWebhooks {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'webhooks'>,
    @Inject(DELIVERY_STORE) private readonly store: Pick<DeliveryStore, 'counts' | 'dead'>,
  ) {}

  /** Without their secrets. */
  async list(org: string) {
    const own = this.config.webhooks.filter((webhook) => webhook.org === org);
    const counts = own.length === 0 ? [] : await this.store.counts(org);
    return own.map(({ name, url, events }) => {
      const { pending = 0, dead = 0 } = counts.find(({ webhook }) => webhook === name) ?? {};
      return { name, url, events, pending, dead };
    });
  }

  async dead(org: string, limit: number, before: string | undefined): Promise<DeadPage> {
    const found = await this.store.dead(org, limit + 1, before);
    const deliveries = found.slice(0, limit);
    return { deliveries, lastId: found.length > limit ? deliveries.at(-1)?.id : undefined };
  }
}
