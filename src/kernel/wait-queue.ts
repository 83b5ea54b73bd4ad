export interface WaitQueueOptions<Request, Slot> {
  /** A slot for the request, if one is free. */
  readonly tryAcquire: (request: Request) => Slot | undefined;
  /** The owner of a request. Requests of one owner are served in order. */
  readonly ownerOf: (request: Request) => string;
  /** The most requests that may wait, in total and for one owner, and the longest wait; unlimited by default. */
  readonly maxWaiting?: number;
  readonly maxWaitingPerOwner?: number;
  readonly maxWaitMs?: number;
  /** The error for a request that would exceed these bounds. */
  readonly refusal?: (request: Request) => Error;
  /** Called after each change with the request that is next; `undefined` when none waits. */
  readonly onChange?: (next: Request | undefined) => void;
}

interface Waiter<Request, Slot> {
  readonly request: Request;
  admit(slot: Slot): void;
  refuse(reason: unknown): void;
}

type Queue<Request, Slot> = Set<Waiter<Request, Slot>>;

/**
 * A queue of requests for slots, which its user counts. Owners take turns, however many requests each has, and a
 * request that does not fit does not block the other owners. Timers run only while a request waits.
 */
export class WaitQueue<Request, Slot extends object> {
  /** The queues of the owners that wait. An owner that has just arrived or been served is last. */
  private readonly queues = new Map<string, Queue<Request, Slot>>();
  private waiting = 0;
  private isAdmitting = false;

  constructor(private readonly options: WaitQueueOptions<Request, Slot>) {}

  /**
   * A slot, at once or when it is the request's turn. Throws the refusal, or rejects with it after the longest wait,
   * and with the signal's reason as soon as it aborts.
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

  /**
   * Grants the free slots. Must be called whenever there may be more; `left` is an owner who has released one, and goes
   * last.
   */
  admit(left?: string): void {
    // Acquiring a slot may itself trigger a change.
    if (this.isAdmitting) return;
    this.isAdmitting = true;
    try {
      if (left !== undefined) this.moveToEnd(left);
      // An owner that is moved to the end is visited once more.
      for (const [owner, queue] of this.queues) this.admitFirst(owner, queue);
    } finally {
      this.isAdmitting = false;
    }
    this.changed();
  }

  /** Rejects all waiting requests. */
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
    // The requests behind it may fit now.
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
