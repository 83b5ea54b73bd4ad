export interface WaitQueueOptions<Request, Slot> {
  /** A slot for the request, if there is one for it now. */
  readonly tryAcquire: (request: Request) => Slot | undefined;
  /** Whose request it is. Nobody overtakes an earlier request of the same owner. */
  readonly ownerOf: (request: Request) => string;
  /** Requests that may wait, of everybody together and of one owner, and how long; without bound by default. */
  readonly maxWaiting?: number;
  readonly maxWaitingPerOwner?: number;
  readonly maxWaitMs?: number;
  /** What is thrown when too many wait, or one for too long. */
  readonly refusal?: (request: Request) => Error;
  /** Told after each change whose turn is next; nobody waits when it is `undefined`. */
  readonly onChange?: (next: Request | undefined) => void;
}

interface Waiter<Request, Slot> {
  readonly request: Request;
  admit(slot: Slot): void;
  refuse(reason: unknown): void;
}

type Queue<Request, Slot> = Set<Waiter<Request, Slot>>;

/**
 * Requests that wait for places, which somebody else counts. Owners take turns, however many requests each has, and one
 * there is no room for lets the others pass. There are timers only while somebody waits.
 */
export class WaitQueue<Request, Slot extends object> {
  /** Of each owner who waits. Whoever came or had a slot last stands at the end. */
  private readonly queues = new Map<string, Queue<Request, Slot>>();
  private waiting = 0;
  private isAdmitting = false;

  constructor(private readonly options: WaitQueueOptions<Request, Slot>) {}

  /**
   * A slot: now, or when it is the request's turn. Throws the refusal, or rejects with it after the longest wait, and
   * with the signal's reason as soon as that aborts.
   */
  acquire(request: Request, signal?: AbortSignal): Slot | Promise<Slot> {
    const { tryAcquire, ownerOf, maxWaiting = Infinity, maxWaitingPerOwner = Infinity } = this.options;
    const owner = ownerOf(request);
    const queue = this.queues.get(owner);
    const slot = queue === undefined ? tryAcquire(request) : undefined;
    if (slot !== undefined) return slot;
    signal?.throwIfAborted();
    if (this.waiting >= maxWaiting || (queue?.size ?? 0) >= maxWaitingPerOwner) throw this.refusal(request);
    return this.wait(owner, request, signal);
  }

  /** Gives out the places there are. To be called whenever there may be more; `left` had one, and comes last now. */
  admit(left?: string): void {
    // Taking a slot may be a change that is told here in turn.
    if (this.isAdmitting) return;
    this.isAdmitting = true;
    try {
      if (left !== undefined) this.moveToEnd(left);
      // Whoever moves to the end comes up once more.
      for (const [owner, queue] of this.queues) this.admitFirst(owner, queue);
    } finally {
      this.isAdmitting = false;
    }
    this.changed();
  }

  /** Rejects everybody who waits. */
  refuseAll(reason: unknown): void {
    for (const queue of this.queues.values()) for (const waiter of queue) waiter.refuse(reason);
    this.changed();
  }

  private admitFirst(owner: string, queue: Queue<Request, Slot>): void {
    const [first] = queue;
    const slot = first && this.options.tryAcquire(first.request);
    if (first === undefined || slot === undefined) return;
    first.admit(slot);
    this.moveToEnd(owner);
  }

  private wait(owner: string, request: Request, signal: AbortSignal | undefined): Promise<Slot> {
    const { promise, resolve, reject } = Promise.withResolvers<Slot>();
    const leave = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.remove(owner, waiter);
    };
    const waiter: Waiter<Request, Slot> = {
      request,
      admit: (slot) => {
        leave();
        resolve(slot);
      },
      refuse: (reason) => {
        leave();
        reject(reason);
      },
    };
    // There may be room for those behind it.
    const giveUp = (reason: unknown) => {
      waiter.refuse(reason);
      this.admit();
    };
    const onAbort = () => giveUp(signal?.reason);
    const { maxWaitMs } = this.options;
    const timer =
      maxWaitMs === undefined ? undefined : setTimeout(() => giveUp(this.refusal(request)), maxWaitMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.add(owner, waiter);
    this.changed();
    return promise;
  }

  private add(owner: string, waiter: Waiter<Request, Slot>): void {
    const queue = this.queues.get(owner);
    if (queue === undefined) this.queues.set(owner, new Set([waiter]));
    else queue.add(waiter);
    this.waiting += 1;
  }

  private remove(owner: string, waiter: Waiter<Request, Slot>): void {
    const queue = this.queues.get(owner);
    if (queue?.delete(waiter) !== true) return;
    this.waiting -= 1;
    if (queue.size === 0) this.queues.delete(owner);
  }

  private moveToEnd(owner: string): void {
    const queue = this.queues.get(owner);
    if (queue === undefined) return;
    this.queues.delete(owner);
    this.queues.set(owner, queue);
  }

  private changed(): void {
    const { onChange } = this.options;
    if (onChange === undefined) return;
    const [queue] = this.queues.values();
    const [next] = queue ?? [];
    onChange(next?.request);
  }

  private refusal(request: Request): Error {
    return this.options.refusal?.(request) ?? new Error('too many wait');
  }
}
