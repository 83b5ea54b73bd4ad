/** Lets so many works of one owner run at once; the others wait in turn, and owners do not wait for each other. */
export class InTurn {
  private readonly running = new Map<string, number>();
  private readonly waiting = new Map<string, (() => void)[]>();

  constructor(private readonly most: number) {}

  /** Runs the work when the owner has a place, and answers as it does. */
  async run<Result>(owner: string, work: () => Promise<Result>): Promise<Result> {
    const running = this.running.get(owner) ?? 0;
    if (running < this.most) this.running.set(owner, running + 1);
    else await this.place(owner);
    try {
      return await work();
    } finally {
      this.leave(owner);
    }
  }

  private place(owner: string): Promise<void> {
    const line = this.waiting.get(owner) ?? [];
    this.waiting.set(owner, line);
    return new Promise((resolve) => line.push(resolve));
  }

  /** The place goes to who waits, or is free. */
  private leave(owner: string): void {
    const line = this.waiting.get(owner);
    const next = line?.shift();
    if (line?.length === 0) this.waiting.delete(owner);
    if (next !== undefined) return next();
    const left = (this.running.get(owner) ?? 1) - 1;
    if (left === 0) this.running.delete(owner);
    else this.running.set(owner, left);
  }
}
