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
  /** The time ran out while nobody waited: it was the reader's own. */
  private ranOut = false;

  constructor(
    private readonly limits: Limits,
    private readonly expired: () => void,
  ) {}

  /** Somebody begins to wait for the next piece of this stage; `progressed`: a piece of it has come since the last time. */
  wait(stage: Stage, progressed = true): void {
    if (this.stopped) return;
    this.waiting = true;
    if (stage !== this.stage) this.enter(stage);
    else if (stage === 'text' && (progressed || this.ranOut)) this.restart();
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
    this.ranOut = false;
    this.timer = setTimeout(() => {
      if (this.waiting) this.expired();
      else this.ranOut = true;
    }, this.limits[stage]);
  }

  private restart(): void {
    this.ranOut = false;
    this.timer?.refresh();
  }
}
