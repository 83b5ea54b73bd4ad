export * as outboxSql from './adapters/outbox-sql.js';
export { Outbox } from './app/outbox.js';
export type { Happening } from './core/happening.js';
export { DELIVERY_STORE, type DeliveryStore } from './ports/delivery-store.js';
export { WebhookModule } from './webhook.module.js';
