import type pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { loadConfig, type Config, type WebhookSettings } from '../../src/platform/config/index.js';
import { Database } from '../../src/platform/database/index.js';
import { Metrics } from '../../src/platform/telemetry/index.js';
import { toldAlongOf } from '../../src/sql-fragments.module.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import { PostgresDeliveryStore } from '../../src/webhook/adapters/postgres-delivery-store.js';
import { DeliverWebhooks } from '../../src/webhook/app/deliver-webhooks.js';
import { ListWebhooks } from '../../src/webhook/app/list-webhooks.js';
import { Outbox } from '../../src/webhook/app/outbox.js';
import { SendDelivery } from '../../src/webhook/app/send-delivery.js';
import { WebhookMetrics } from '../../src/webhook/app/webhook-metrics.js';
import { describeDeliveryStore } from '../contracts/delivery-store.contract.js';
import { describeToldAlong, type StoredHappening } from '../contracts/told-along.contract.js';
import { startWebhookReceiver, type WebhookReceiver } from '../doubles/webhook-receiver.js';
import { ALONG, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { tellThread } from '../support/logged-turns.js';
import { withSharedPool } from '../support/pools.js';
import { LEASES, NO_NOTIFIER } from '../support/turns.js';
import { until } from '../support/until.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let pool: pg.Pool;
let database: Database;
withSharedPool((shared) => {
  pool = shared;
  database = new Database(shared);
});

const store = () => new PostgresDeliveryStore(database);

const add = async (webhook: string, org: string, user = 'alice', body = '{}') => {
  const id = newId();
  await pool.query(
    `INSERT INTO webhook_deliveries (id, webhook, org_id, user_id, type, body) VALUES ($1, $2, $3, $4, 'turn_ended', $5)`,
    [id, webhook, org, user, body],
  );
  return id;
};
const lapse = async (id: string) =>
  void (await pool.query(
    `UPDATE webhook_deliveries SET next_at = now() WHERE id = $1 AND next_at IS NOT NULL`,
    [id],
  ));

describeDeliveryStore('Postgres', () => ({
  store: store(),
  add: (webhook, org, user) => add(webhook, org, user),
  lapse,
  age: async (id, days) =>
    void (await pool.query(
      `UPDATE webhook_deliveries SET created_at = created_at - make_interval(days => $2),
         died_at = died_at - make_interval(days => $2) WHERE id = $1`,
      [id, days],
    )),
}));

const webhookOf = (change: Partial<WebhookSettings> = {}): WebhookSettings => ({
  ...{ name: newId(), org: newId(), url: 'http://127.0.0.1:1/', key: Buffer.alloc(32, 7) },
  ...{ events: ['turn_waiting', 'turn_ended', 'run_ended'], ...change },
});

const told = webhookOf();
describeToldAlong('Postgres', () => ({
  told: told.org,
  turns: new PostgresTurnStore(
    database,
    LEASES,
    ALONG,
    NO_ATTEMPTS,
    NO_NOTIFIER,
    toldAlongOf(new Outbox({ webhooks: [told] })),
  ),
  newThread: (owner) => tellThread(pool, owner),
  async storedOf(turnId) {
    const { rows } = await pool.query<{ body: StoredHappening }>(
      `SELECT body::json FROM webhook_deliveries WHERE body::json -> 'data' ->> 'turnId' = $1 ORDER BY id`,
      [turnId],
    );
    return rows.map(({ body: { type, data } }) => ({ type, data }));
  },
}));

describe('deliveries', () => {
  let receiver: WebhookReceiver;
  const running: DeliverWebhooks[] = [];
  beforeEach(async () => {
    receiver = await startWebhookReceiver(SECRET);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.beforeApplicationShutdown()));
    await receiver.close();
  });

  /** A process that delivers to these webhooks. */
  const start = (webhooks: readonly WebhookSettings[], allow = receiver.host): Outbox => {
    const config: Config = { ...loadConfig({ EGRESS_ALLOW: allow }), webhooks };
    const outbox = new Outbox(config);
    const metrics = new WebhookMetrics(new Metrics({ METRICS: false }));
    const deliver = new DeliverWebhooks(config, store(), outbox, new SendDelivery(config), metrics);
    deliver.onApplicationBootstrap();
    running.push(deliver);
    return outbox;
  };
  const stateOf = async (id: string) =>
    (
      await pool.query<{ attempts: number; error: string; is_dead: boolean }>(
        'SELECT attempts, error, died_at IS NOT NULL AS is_dead FROM webhook_deliveries WHERE id = $1',
        [id],
      )
    ).rows[0];
  const failures = (id: string, count: number) =>
    until(async () => {
      const state = await stateOf(id);
      return state?.attempts === count && state.error !== null;
    });

  it('arrive as they were stored, signed, and are gone then', async () => {
    const webhook = webhookOf({ url: receiver.url });
    const body = JSON.stringify({ type: 'turn_ended', data: { text: 'Größe "x"' } });
    const id = await add(webhook.name, webhook.org, 'alice', body);
    start([webhook]);
    const [received] = await receiver.got(1);
    expect(received).toMatchObject({ id, isSigned: true, body: JSON.parse(body) });
    expect(received!.headers['content-type']).toBe('application/json');
    await until(async () => (await stateOf(id)) === undefined);
  });

  it.each([
    ['an error', 500, 'It answered with 500.'],
    ['a redirect', 302, 'It answered with 302.'],
    ['a connection that breaks off', 'cut', expect.stringMatching(/connection/)],
  ] as const)('are tried again after %s, under the same id', async (_what, reaction, error) => {
    const webhook = webhookOf({ url: receiver.url });
    receiver.reactsWith(reaction);
    const id = await add(webhook.name, webhook.org);
    const outbox = start([webhook]);
    await failures(id, 1);
    expect(await stateOf(id)).toEqual({ attempts: 1, error, is_dead: false });
    await lapse(id);
    outbox.stored();
    const both = await receiver.got(2);
    expect(both.map((one) => one.id)).toEqual([id, id]);
    await until(async () => (await stateOf(id)) === undefined);
  });

  it('are given up at last, and can be seen then', async () => {
    const webhook = webhookOf({ url: receiver.url });
    receiver.reactsWith(503);
    const id = await add(webhook.name, webhook.org);
    await pool.query('UPDATE webhook_deliveries SET attempts = 9 WHERE id = $1', [id]);
    start([webhook]);
    await until(async () => (await stateOf(id))?.is_dead === true);
    const list = new ListWebhooks({ webhooks: [webhook] }, store());
    const { name, url, events, org } = webhook;
    expect(await list.list(org)).toEqual([{ name, url, events, pending: 0, dead: 1 }]);
    const { deliveries } = await list.dead(org, 10, undefined);
    expect(deliveries).toMatchObject([{ id, attempts: 10, error: 'It answered with 503.' }]);
    expect(receiver.received).toHaveLength(1);
  });

  it('are given up at once where nothing can come of them', async () => {
    const gone = webhookOf({ url: receiver.url });
    receiver.reactsWith(410);
    const inside = webhookOf();
    const ids = [await add(gone.name, gone.org), await add(inside.name, inside.org)];
    start([gone, inside]);
    for (const id of ids) await until(async () => (await stateOf(id))?.is_dead === true);
    expect((await stateOf(ids[0]!))!.error).toBe('It answered with 410.');
    // Inside the own network, where nobody has allowed it.
    expect((await stateOf(ids[1]!))!.attempts).toBe(1);
  });

  it('wait as long as the receiver asks for', async () => {
    const webhook = webhookOf({ url: receiver.url });
    receiver.reactsWith({ status: 429, retryAfter: 1_200 });
    const id = await add(webhook.name, webhook.org);
    start([webhook]);
    await failures(id, 1);
    const { rows } = await pool.query<{ is_late: boolean }>(
      `SELECT next_at > now() + interval '1100 seconds' AS is_late FROM webhook_deliveries WHERE id = $1`,
      [id],
    );
    expect(rows[0]!.is_late).toBe(true);
  });

  it('do not wait for a receiver that never answers another one', async () => {
    const [slow, quick] = [webhookOf({ url: receiver.url }), webhookOf({ url: receiver.url })];
    receiver.reactsWith('hang');
    const first = await add(slow.name, slow.org);
    const outbox = start([slow, quick]);
    await receiver.got(1, ({ id }) => id === first);
    const id = await add(quick.name, quick.org);
    outbox.stored();
    await receiver.got(1, (one) => one.id === id);
  });

  it('are made by another process when the one that had claimed them is gone', async () => {
    const webhook = webhookOf({ url: receiver.url });
    receiver.reactsWith('hang');
    const id = await add(webhook.name, webhook.org);
    start([webhook]);
    await receiver.got(1);
    await running.splice(0)[0]!.beforeApplicationShutdown();
    expect(await stateOf(id)).toMatchObject({ attempts: 1, is_dead: false });
    await lapse(id);
    start([webhook]);
    expect((await receiver.got(2)).map((one) => one.id)).toEqual([id, id]);
  });
});
