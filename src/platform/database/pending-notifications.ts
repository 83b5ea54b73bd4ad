/** A notification that is ready to be sent. */
export interface Notification {
  readonly channel: string;
  readonly payload: string;
}

/** The bytes that Postgres takes as a payload. */
const MAX_PAYLOAD_BYTES = 7_999;
/** More are lost, all of a channel together, which its listeners are then told. */
const MAX_PENDING = 10_000;

interface Entry {
  readonly channel: string;
  /** What comes before the items that share a payload; `undefined`: a payload of its own, which is the only item. */
  readonly head: string | undefined;
  readonly items: Set<string>;
  bytes: number;
}

/** What has not been sent yet, in its order, and no more of it than there is room for. */
export class PendingNotifications {
  private entries: Entry[] = [];
  /** Where the next item goes, by channel and head. */
  private readonly open = new Map<string, Entry>();
  private readonly lost = new Set<string>();
  private count = 0;

  get isEmpty(): boolean {
    return this.entries.length === 0 && this.lost.size === 0;
  }

  /** Adds a payload of its own. */
  add(channel: string, payload: string): void {
    this.put({ channel, head: undefined, items: new Set([payload]), bytes: Buffer.byteLength(payload) });
  }

  /** Adds an item to the payload that others with the channel and the head share: the head, and the items with commas between. */
  addItem(channel: string, head: string, item: string): void {
    const key = `${channel} ${head}`;
    const entry = this.open.get(key);
    const bytes = Buffer.byteLength(item) + 1;
    if (entry !== undefined && (entry.items.has(item) || entry.bytes + bytes <= MAX_PAYLOAD_BYTES)) {
      if (entry.items.has(item)) return;
      entry.items.add(item);
      entry.bytes += bytes;
      this.countOne();
      return;
    }
    const next = { channel, head, items: new Set([item]), bytes: Buffer.byteLength(head) + bytes };
    if (this.put(next)) this.open.set(key, next);
  }

  /** Says to whoever listens on the channel that any notification may have been lost, and forgets those that wait. */
  lose(channel: string): void {
    this.lost.add(channel);
    this.entries = this.entries.filter((entry) => entry.channel !== channel);
    this.count = this.entries.reduce((sum, { items }) => sum + items.size, 0);
    for (const [key, entry] of this.open) if (entry.channel === channel) this.open.delete(key);
  }

  /** Takes the first ones out. Those that were lost come first: what follows them is told besides. */
  take(limit: number): readonly Notification[] {
    const taken = [...this.lost].map((channel) => ({ channel, payload: '' }));
    this.lost.clear();
    for (const entry of this.entries.splice(0, limit)) {
      const { channel, head, items } = entry;
      this.count -= items.size;
      const key = `${channel} ${head}`;
      if (this.open.get(key) === entry) this.open.delete(key);
      taken.push({ channel, payload: (head ?? '') + [...items].join(',') });
    }
    return taken;
  }

  private put(entry: Entry): boolean {
    if (this.lost.has(entry.channel)) return false;
    if (entry.bytes > MAX_PAYLOAD_BYTES) {
      this.lose(entry.channel);
      return false;
    }
    this.entries.push(entry);
    this.countOne();
    return !this.lost.has(entry.channel);
  }

  /** Too many are all lost: which of them matter to whom is not known here. */
  private countOne(): void {
    this.count += 1;
    if (this.count <= MAX_PENDING) return;
    for (const channel of new Set(this.entries.map((entry) => entry.channel))) this.lose(channel);
  }
}
