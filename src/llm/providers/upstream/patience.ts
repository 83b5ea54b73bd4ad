/** Where an answer stands: not begun, in its text, or complete but for what it cost. */
export type Stage = 'beginning' | 'text' | 'cost';

/** Milliseconds each stage may take: `text` between two reads, the others altogether. */
export type Limits = Readonly<Record<Stage, number>>;

/** How long an answer may be silent while somebody waits for it. A reader that pauses by itself is not counted. */
export class Patience {
  private timer: NodeJS.Timeout | undefined;
  private stage: Stage | undefined;
  private waiting = false;
  private stopped = false;

  constructor(
    private readonly limits: Limits,
    private readonly expired: () => void,
  ) {}

  /** Somebody begins to wait for the next piece of this stage. */
  wait(stage: Stage): void {
    if (this.stopped) return;
    this.waiting = true;
    if (stage !== this.stage) this.enter(stage);
    else if (stage === 'text') this.timer?.refresh();
  }

  /** What was waited for has come. */
  pause(): void {
    this.waiting = false;
  }

  /** Nobody waits any more, for good. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private enter(stage: Stage): void {
    clearTimeout(this.timer);
    this.stage = stage;
    this.timer = setTimeout(() => {
      if (this.waiting) this.expired();
    }, this.limits[stage]);
  }
}
