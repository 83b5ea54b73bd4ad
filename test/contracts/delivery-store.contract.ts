import { newId } from '../../src/kernel/index.js';
import type { DeliveryStore, DueDelivery } from '../../src/webhook/ports/delivery-store.js';

export interface DeliveryStoreUnderTest {
  readonly store: DeliveryStore;
  /** Stores a delivery that is due, and returns its id. */
  add(webhook: string, org: string, user?: string): Promise<string>;
  /** Lets a minute pass for what was claimed. */
  lapse(id: string): Promise<void>;
  /** Lets so many days pass for the delivery. */
  age(id: string, days: number): Promise<void>;
}

/** Holds an implementation to every promise of {@link DeliveryStore}. */
export function describeDeliveryStore(name: string, setUp: () => DeliveryStoreUnderTest): void {
  describe(`the deliveries in ${name}`, () => {
    let subject: DeliveryStoreUnderTest;
    let store: DeliveryStore;
    let webhook: string;
    let org: string;
    beforeEach(() => {
      subject = setUp();
      store = subject.store;
      [webhook, org] = [newId(), newId()];
    });
    const add = () => subject.add(webhook, org);
    const claim = async (limit = 10) => (await store.claim([webhook], limit)).toSorted(byId);
    const claimedOne = async (): Promise<DueDelivery> => (await claim())[0]!;

    it('are claimed once, those of each webhook apart', async () => {
      const [one, two, three] = [await add(), await add(), await add()];
      const other = newId();
      const theirs = await subject.add(other, org);
      const first = await store.claim([webhook, other, newId()], 2);
      expect(first.map(({ id }) => id).toSorted()).toEqual([one, two, theirs].toSorted());
      expect(first[0]).toEqual({ id: first[0]!.id, webhook: first[0]!.webhook, body: '{}', attempts: 1 });
      expect((await claim()).map(({ id }) => id)).toEqual([three]);
      expect(await claim()).toEqual([]);
    });

    it('are one claimant’s, however many come at once', async () => {
      const ids = await Promise.all(Array.from({ length: 12 }, add));
      const claims = await Promise.all(Array.from({ length: 6 }, () => store.claim([webhook], 4)));
      const claimed = claims.flat().map(({ id }) => id);
      expect(new Set(claimed).size).toBe(claimed.length);
      const rest = (await claim(100)).map(({ id }) => id);
      expect([...claimed, ...rest].toSorted()).toEqual(ids.toSorted());
    });

    it('are due again when whoever claimed them has said nothing', async () => {
      const id = await add();
      await claim();
      await subject.lapse(id);
      expect(await claim()).toMatchObject([{ id, attempts: 2 }]);
    });

    it('are gone when they have arrived', async () => {
      const { id } = { id: await add() };
      await claim();
      await store.arrived(id);
      await subject.lapse(id);
      expect(await claim()).toEqual([]);
      expect(await store.counts(org)).toEqual([]);
    });

    it('are due again some time after they failed', async () => {
      await add();
      await store.failed(await claimedOne(), 'no', 60_000);
      expect(await claim()).toEqual([]);
      expect(await store.counts(org)).toEqual([{ webhook, pending: 1, dead: 0 }]);
      await add();
      await store.failed(await claimedOne(), 'no', 0);
      expect(await claim()).toMatchObject([{ attempts: 2 }]);
    });

    it('are never due again when they were given up, and are listed as dead', async () => {
      const ids = [await add(), await add()];
      for (const delivery of await claim()) await store.died(delivery, `no ${delivery.id}`);
      await Promise.all(ids.map((id) => subject.lapse(id)));
      expect(await claim()).toEqual([]);
      expect(await store.counts(org)).toEqual([{ webhook, pending: 0, dead: 2 }]);
      const [newest, oldest] = await store.dead(org, 10, undefined);
      expect(newest).toMatchObject({ id: ids[1], webhook, attempts: 1, error: `no ${ids[1]}` });
      expect(newest!.diedAt).toBe(new Date(newest!.diedAt).toISOString());
      expect((await store.dead(org, 1, newest!.id)).map(({ id }) => id)).toEqual([oldest!.id]);
    });

    it('are left as they are by whoever has lost them', async () => {
      const id = await add();
      const lost = await claimedOne();
      await subject.lapse(id);
      await claim();
      await store.died(lost, 'late');
      await store.failed(lost, 'late', 0);
      expect(await claim()).toEqual([]);
      expect(await store.dead(org, 10, undefined)).toEqual([]);
    });

    it('are of one organisation each', async () => {
      await add();
      await store.died(await claimedOne(), 'no');
      expect(await store.counts(newId())).toEqual([]);
      expect(await store.dead(newId(), 10, undefined)).toEqual([]);
    });

    it('are swept when they are old', async () => {
      const [dead, fresh, forgotten, kept] = [await add(), await add(), await add(), await add()];
      for (const delivery of await claim())
        if ([dead, fresh].includes(delivery.id)) await store.died(delivery, 'no');
      await subject.age(dead, 8);
      await subject.age(fresh, 6);
      await subject.age(forgotten, 15);
      await subject.age(kept, 13);
      await store.sweep();
      expect(await store.counts(org)).toEqual([{ webhook, pending: 1, dead: 1 }]);
    });

    it('are removed with the person that they tell of', async () => {
      await subject.add(webhook, org, 'ada');
      await subject.add(webhook, org, 'bob');
      await subject.add(webhook, newId(), 'ada');
      await store.removeAll({ org, id: 'ada' });
      expect(await store.counts(org)).toEqual([{ webhook, pending: 1, dead: 0 }]);
      expect(await claim()).toHaveLength(2);
    });
  });
}

const byId = (one: DueDelivery, other: DueDelivery) => (one.id < other.id ? -1 : 1);
