import { waitAtMost, type Sink } from '../kernel/index.js';

/** Less than the fifteen seconds within which clients and proxies are promised some data. */
const MAX_WAIT_MS = 12_000;

interface Reader<Item> {
  readonly resolve: (result: IteratorResult<Item, void>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A generator of the items that some work gives to its sink. The work begins with the first read, and is at most one
 * item ahead of its reader. An item costs one promise, where each generator function on its way would cost three.
 */
export class Relay<Item> implements AsyncGenerator<Item, void, undefined> {
  /** Items that were not read yet: one of the work at most, and what was prepended. */
  private readonly items: Item[] = [];
  /** Waits for the next item. */
  private reader: Reader<Item> | undefined;
  /** Lets the work go on after an item that had to wait. */
  private goOn: (() => void) | undefined;
  /** Called with the first item, or at the end of the work. */
  private onFirst: (() => void) | undefined;
  /** Resolves when the work has ended; absent before it begins. */
  private ended: Promise<void> | undefined;
  private isOver = false;
  private isLeft = false;
  private failure: { readonly error: unknown } | undefined;

  /** `stop`: the reader has left before the end of the work, which has to end soon. */
  constructor(
    private readonly work: (sink: Sink<Item>) => Promise<void>,
    private readonly stop: () => void,
  ) {}

  /**
   * Begins the work and waits for its first item or its end, but no longer than a client may be left without data.
   * Whether either has come: from there on errors are thrown by `next`. Throws the error of work that fails before that.
   */
  async begin(patienceMs = MAX_WAIT_MS): Promise<boolean> {
    const first = new Promise<void>((resolve) => (this.onFirst = resolve));
    this.start();
    await waitAtMost(patienceMs, first);
    this.onFirst = undefined;
    if (this.items.length === 0 && this.failure !== undefined) await this.next();
    return this.items.length > 0 || this.isOver;
  }

  /** Adds an item that is read before all others. */
  prepend(item: Item): void {
    this.items.unshift(item);
  }

  next(): Promise<IteratorResult<Item, void>> {
    this.start();
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
      if (this.items.length > 0) {
        this.hand(this.items.shift()!);
        if (this.items.length === 0) this.proceed();
      } else if (this.isOver || this.isLeft) this.settle();
    });
  }

  /** Resolves when the work has ended. */
  async return(): Promise<IteratorResult<Item, void>> {
    this.isLeft = true;
    this.items.length = 0;
    if (this.ended !== undefined && !this.isOver) {
      this.stop();
      this.proceed();
    }
    this.settle();
    await this.ended;
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<Item, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private start(): void {
    if (this.isLeft) return;
    this.ended ??= this.work((item) => this.give(item)).then(
      () => this.over(undefined),
      (error: unknown) => this.over({ error }),
    );
  }

  private give(item: Item): Promise<void> | undefined {
    if (this.isLeft) return undefined;
    if (this.reader !== undefined) return this.hand(item);
    this.items.push(item);
    this.onFirst?.();
    return new Promise((resolve) => (this.goOn = resolve));
  }

  private hand(value: Item): undefined {
    const { reader } = this;
    this.reader = undefined;
    reader?.resolve({ done: false, value });
  }

  private proceed(): void {
    this.goOn?.();
    this.goOn = undefined;
  }

  private over(failure: { readonly error: unknown } | undefined): void {
    this.isOver = true;
    if (!this.isLeft) this.failure = failure;
    this.onFirst?.();
    this.settle();
  }

  /** Nothing more comes for a reader that waits. An error is thrown once, and then it is the end. */
  private settle(): void {
    const { reader, failure } = this;
    if (reader === undefined) return;
    this.reader = undefined;
    this.failure = undefined;
    if (failure === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(failure.error);
  }
}
