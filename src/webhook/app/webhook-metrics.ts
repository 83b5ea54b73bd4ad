import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { Metrics } from '../../platform/telemetry/index.js';

/** How an attempt ended: `failed` is tried again, `dead` is not. */
export type DeliveryOutcome = 'arrived' | 'failed' | 'dead';

/** How often other systems were told of something, and how that ended. The operator has named them. */
@Injectable()
export class WebhookMetrics {
  private readonly deliveries: Counter<'webhook' | 'outcome'>;

  constructor({ registry }: Metrics) {
    this.deliveries = new Counter({
      name: 'threadline_webhook_deliveries_total',
      help: 'Attempts of this process to deliver to webhooks, by how they ended.',
      labelNames: ['webhook', 'outcome'] as const,
      registers: [registry],
    });
  }

  delivered(webhook: string, outcome: DeliveryOutcome): void {
    this.deliveries.inc({ webhook, outcome });
  }
}
