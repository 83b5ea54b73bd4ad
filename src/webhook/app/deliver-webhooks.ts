import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CONFIG, type Config, type WebhookSettings } from '../../platform/config/index.js';
import { retryDelay } from '../core/retry-delay.js';
import { DELIVERY_STORE, type DeliveryStore, type DueDelivery } from '../ports/delivery-store.js';
import { Outbox } from './outbox.js';
import { SendDelivery } from './send-delivery.js';
import { WebhookMetrics } from './webhook-metrics.js';

/** What another process has left, or a receiver was not there for, is looked for so often. */
const POLL_MS = 2_000;
const SWEEP_MS = 600_000;
/** Deliveries of one webhook at a time: a slow receiver holds up nobody else. */
const AT_ONCE = 5;

/** Delivers what is in the outbox, in every process that runs turns. Without webhooks it does nothing at all. */
@Injectable()
export class DeliverWebhooks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeliverWebhooks.name);
  private readonly stopping = new AbortController();
  private readonly busy = new Map<string, Promise<void>>();
  private readonly timers: NodeJS.Timeout[] = [];
  private looking: Promise<void> | undefined;
  private isDue = false;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE' | 'webhooks'>,
    @Inject(DELIVERY_STORE) private readonly store: DeliveryStore,
    private readonly outbox: Outbox,
    private readonly sender: SendDelivery,
    private readonly metrics: WebhookMetrics,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.webhooks.length === 0 || this.config.ROLE === 'api') return;
    this.outbox.whenStored(() => this.look());
    this.timers.push(setInterval(() => this.look(), POLL_MS).unref());
    this.timers.push(setInterval(() => void this.sweep(), SWEEP_MS).unref());
    this.look();
  }

  /** What is under way may arrive twice: somebody else tries it again. */
  async beforeApplicationShutdown(): Promise<void> {
    this.timers.forEach(clearInterval);
    this.stopping.abort(new Error('this process stops'));
    await Promise.allSettled([this.looking, ...this.busy.values()]);
  }

  /** Looks for what is due, once more if somebody asks meanwhile. */
  private look(): void {
    this.isDue = true;
    if (this.looking !== undefined || this.stopping.signal.aborted) return;
    this.looking = this.claimAll()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'Looking for deliveries failed.'))
      .finally(() => {
        this.looking = undefined;
        if (this.isDue) this.look();
      });
  }

  private async claimAll(): Promise<void> {
    this.isDue = false;
    const idle = this.config.webhooks.filter(({ name }) => !this.busy.has(name));
    if (idle.length === 0) return;
    const names = idle.map(({ name }) => name);
    const claimed = await this.store.claim(names, AT_ONCE);
    for (const webhook of idle) {
      const own = claimed.filter((delivery) => delivery.webhook === webhook.name);
      if (own.length > 0) this.begin(webhook, own);
    }
  }

  private begin(webhook: WebhookSettings, deliveries: readonly DueDelivery[]): void {
    const work = Promise.all(deliveries.map((delivery) => this.deliver(webhook, delivery)))
      .then(() => undefined)
      .catch((error: unknown) => {
        // Claimed as they are, they are due again in a minute.
        if (!this.stopping.signal.aborted) this.logger.warn({ err: error }, 'A delivery could not be noted.');
      })
      .finally(() => {
        this.busy.delete(webhook.name);
        this.look();
      });
    this.busy.set(webhook.name, work);
  }

  private async deliver(webhook: WebhookSettings, delivery: DueDelivery): Promise<void> {
    const sent = await this.sender.send(delivery, webhook, this.stopping.signal);
    if (sent.type === 'arrived') {
      this.metrics.delivered(webhook.name, 'arrived');
      return this.store.arrived(delivery.id);
    }
    const delayMs =
      sent.type === 'refused' ? undefined : retryDelay(delivery.attempts, Math.random(), sent.askedMs);
    this.metrics.delivered(webhook.name, delayMs === undefined ? 'dead' : 'failed');
    if (delayMs !== undefined) return this.store.failed(delivery, sent.error, delayMs);
    this.logger.warn(
      { webhook: webhook.name, delivery: delivery.id, attempts: delivery.attempts },
      'A delivery was given up.',
    );
    return this.store.died(delivery, sent.error);
  }

  private async sweep(): Promise<void> {
    await this.store
      .sweep()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'Sweeping deliveries failed.'));
  }
}
