export interface WaitQueueOptions<Request, Place> {
  /** A place for the request, if there is one for it now. */
  readonly take: (request: Request) => Place | undefined;
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

interface Waiter<Request, Place> {
  readonly request: Request;
  admit(place: Place): void;
  refuse(reason: unknown): void;
}

type Line<Request, Place> = Set<Waiter<Request, Place>>;

/**
 * Requests that wait for places, which somebody else counts. Owners take turns, however many requests each has, and one
 * there is no room for lets the others pass. There are timers only while somebody waits.
 */
export class WaitQueue<Request, Place extends object> {
  /** Of each owner who waits. Whoever came or had a place last stands at the end. */
  private readonly lines = new Map<string, Line<Request, Place>>();
  private waiting = 0;
  private isAdmitting = false;

  constructor(private readonly options: WaitQueueOptions<Request, Place>) {}

  /**
   * A place: now, or when it is the request's turn. Throws the refusal, or rejects with it after the longest wait, and
   * with the signal's reason as soon as that aborts.
   */
  enter(request: Request, signal?: AbortSignal): Place | Promise<Place> {
    const { take, ownerOf, maxWaiting = Infinity, maxWaitingPerOwner = Infinity } = this.options;
    const owner = ownerOf(request);
    const line = this.lines.get(owner);
    const place = line === undefined ? take(request) : undefined;
    if (place !== undefined) return place;
    signal?.throwIfAborted();
    if (this.waiting >= maxWaiting || (line?.size ?? 0) >= maxWaitingPerOwner) throw this.refusal(request);
    return this.wait(owner, request, signal);
  }

  /** Gives out the places there are. To be called whenever there may be more; `left` had one, and comes last now. */
  admit(left?: string): void {
    // Taking a place may be a change that is told here in turn.
    if (this.isAdmitting) return;
    this.isAdmitting = true;
    try {
      if (left !== undefined) this.moveToEnd(left);
      // Whoever moves to the end comes up once more.
      for (const [owner, line] of this.lines) this.admitFirst(owner, line);
    } finally {
      this.isAdmitting = false;
    }
    this.changed();
  }

  /** Rejects everybody who waits. */
  refuseAll(reason: unknown): void {
    for (const line of this.lines.values()) for (const waiter of line) waiter.refuse(reason);
    this.changed();
  }

  private admitFirst(owner: string, line: Line<Request, Place>): void {
    const [first] = line;
    const place = first && this.options.take(first.request);
    if (first === undefined || place === undefined) return;
    first.admit(place);
    this.moveToEnd(owner);
  }

  private wait(owner: string, request: Request, signal: AbortSignal | undefined): Promise<Place> {
    const { promise, resolve, reject } = Promise.withResolvers<Place>();
    const leave = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.remove(owner, waiter);
    };
    const waiter: Waiter<Request, Place> = {
      request,
      admit: (place) => {
        leave();
        resolve(place);
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

  private add(owner: string, waiter: Waiter<Request, Place>): void {
    const line = this.lines.get(owner);
    if (line === undefined) this.lines.set(owner, new Set([waiter]));
    else line.add(waiter);
    this.waiting += 1;
  }

  private remove(owner: string, waiter: Waiter<Request, Place>): void {
    const line = this.lines.get(owner);
    if (line?.delete(waiter) !== true) return;
    this.waiting -= 1;
    if (line.size === 0) this.lines.delete(owner);
  }

  private moveToEnd(owner: string): void {
    const line = this.lines.get(owner);
    if (line === undefined) return;
    this.lines.delete(owner);
    this.lines.set(owner, line);
  }

  private changed(): void {
    const { onChange } = this.options;
    if (onChange === undefined) return;
    const [line] = this.lines.values();
    const [next] = line ?? [];
    onChange(next?.request);
  }

  private refusal(request: Request): Error {
    return this.options.refusal?.(request) ?? new Error('too many wait');
  }
}
