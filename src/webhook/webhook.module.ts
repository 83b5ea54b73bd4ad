import { Module } from '@nestjs/common';
import { PostgresDeliveryStore } from './adapters/postgres-delivery-store.js';
import { DeliverWebhooks } from './app/deliver-webhooks.js';
import { ListWebhooks } from './app/list-webhooks.js';
import { Outbox } from './app/outbox.js';
import { SendDelivery } from './app/send-delivery.js';
import { WebhookMetrics } from './app/webhook-metrics.js';
import { WebhooksController } from './http/webhooks.controller.js';
import { DELIVERY_STORE } from './ports/delivery-store.js';

/** Tells other systems of what happened: stored along with it, delivered until it has arrived. */
@Module({
  controllers: [WebhooksController],
  providers: [
    { provide: DELIVERY_STORE, useClass: PostgresDeliveryStore },
    DeliverWebhooks,
    ListWebhooks,
    Outbox,
    SendDelivery,
    WebhookMetrics,
  ],
  exports: [DELIVERY_STORE, Outbox],
})
export class WebhookModule {}
