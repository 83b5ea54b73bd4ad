/** Where an answer stands: not begun, in its text, or complete but for what it cost. */
export type Stage = 'beginning' | 'text' | 'cost';

/** Milliseconds each stage may take: `text` between two reads, the others altogether. */
export interface Limits extends Readonly<Record<Stage, number>> {
  /** Milliseconds that signs of life alone keep an answer open in its text. */
  readonly alive: number;
}

/** What is configured of how long a provider is waited for. Times are in milliseconds. */
export interface TimeoutSettings {
  /** Longest wait for an answer to begin; signs of life are no beginning. */
  readonly firstTokenTimeoutMs: number;
  /** Longest silence inside an answer. */
  readonly idleTimeoutMs: number;
  /** Longest time inside an answer with nothing but signs of life; 5 minutes when absent. */
  readonly keepAliveTimeoutMs?: number | undefined;
}

const KEEP_ALIVE_TIMEOUT_MS = 300_000;
/** How long to wait for the provider to say what an answer cost whose text is complete. */
const LONGEST_WAIT_FOR_COST_MS = 5_000;

/** How long an answer's stages may take. */
export function limitsOf(settings: TimeoutSettings): Limits {
  const { firstTokenTimeoutMs, idleTimeoutMs, keepAliveTimeoutMs = KEEP_ALIVE_TIMEOUT_MS } = settings;
  return {
    beginning: firstTokenTimeoutMs,
    text: idleTimeoutMs,
    cost: Math.min(idleTimeoutMs, LONGEST_WAIT_FOR_COST_MS),
    alive: keepAliveTimeoutMs,
  };
}

/** How long an answer may be silent while somebody waits for it. A reader that pauses by itself is not counted. */
export class StreamTimeouts {
  private timer: NodeJS.Timeout | undefined;
  private stage: Stage | undefined;
  private waiting = false;
  private stopped = false;
  /** The time ran out while nobody waited: it was the reader's own. */
  private ranOut = false;
  /** Since when there have been signs of life alone. */
  private onlyAliveSince: number | undefined;

  constructor(
    private readonly limits: Limits,
    private readonly expired: () => void,
  ) {}

  /**
   * Somebody begins to wait for the next read of this stage. `progressed`: the one before brought a piece of the answer,
   * and not only a sign of life.
   */
  wait(stage: Stage, progressed = true): void {
    if (this.stopped) return;
    this.waiting = true;
    if (progressed) this.onlyAliveSince = undefined;
    if (stage !== this.stage) this.enter(stage);
    else if (stage === 'text') this.goOn(progressed);
    else if (this.ranOut) this.restart();
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

  private goOn(progressed: boolean): void {
    this.restart();
    if (progressed) return;
    const now = performance.now();
    this.onlyAliveSince ??= now;
    if (now - this.onlyAliveSince >= this.limits.alive) this.expired();
  }

  private restart(): void {
    this.ranOut = false;
    this.timer?.refresh();
  }
}
