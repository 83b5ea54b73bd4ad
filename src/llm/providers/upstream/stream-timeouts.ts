/** The stage of an answer: not begun, in its text, or complete but for its usage. */
export type Stage = 'beginning' | 'text' | 'cost';

/** Milliseconds for each stage: for `text` between two reads, for the others in total. */
export interface Limits extends Readonly<Record<Stage, number>> {
  /** Milliseconds for which keep-alive frames alone keep an answer open in its text. */
  readonly alive: number;
}

/** The configured time-outs of a provider. Times are in milliseconds. */
export interface TimeoutSettings {
  /** Longest wait for an answer to begin; keep-alive frames do not count as its beginning. */
  readonly firstTokenTimeoutMs: number;
  /** Longest pause inside an answer. */
  readonly idleTimeoutMs: number;
  /** Longest time inside an answer with keep-alive frames only; 5 minutes when absent. */
  readonly keepAliveTimeoutMs?: number | undefined;
}

const KEEP_ALIVE_TIMEOUT_MS = 300_000;
/** How long the usage of an answer is waited for whose text is complete. */
const MAX_COST_WAIT_MS = 5_000;

/** The limits of an answer's stages. */
export function limitsOf(settings: TimeoutSettings): Limits {
  const { firstTokenTimeoutMs, idleTimeoutMs, keepAliveTimeoutMs = KEEP_ALIVE_TIMEOUT_MS } = settings;
  return {
    beginning: firstTokenTimeoutMs,
    text: idleTimeoutMs,
    cost: Math.min(idleTimeoutMs, MAX_COST_WAIT_MS),
    alive: keepAliveTimeoutMs,
  };
}

/** Bounds the silence of an answer while its reader waits. Pauses of the reader itself are not counted. */
export class StreamTimeouts {
  private timer: NodeJS.Timeout | undefined;
  private stage: Stage | undefined;
  private waiting = false;
  private stopped = false;
  /** Since when the time of the stage counts. */
  private since = 0;
  /** The time ran out while no read was pending: the reader was slow, not the provider. */
  private expiredWhileIdle = false;
  /** Since when only keep-alive frames have arrived. */
  private keepAliveSince: number | undefined;

  constructor(
    private readonly limits: Limits,
    private readonly expired: () => void,
  ) {}

  /**
   * A read of this stage begins. `progressed`: the previous one brought a piece of the answer, not only a keep-alive
   * frame.
   */
  wait(stage: Stage, progressed = true): void {
    if (this.stopped) return;
    this.waiting = true;
    if (progressed) this.keepAliveSince = undefined;
    if (stage !== this.stage) this.enter(stage);
    else if (stage === 'text') this.goOn(progressed);
    else if (this.expiredWhileIdle) this.restart();
  }

  /** The read is done. */
  pause(): void {
    this.waiting = false;
  }

  /** No more reads follow. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private enter(stage: Stage): void {
    clearTimeout(this.timer);
    this.stage = stage;
    this.expiredWhileIdle = false;
    this.since = performance.now();
    this.arm(this.limits[stage]);
  }

  private arm(milliseconds: number): void {
    this.timer = setTimeout(() => this.check(), milliseconds);
  }

  /** The timer is not set anew for each read: it looks how much time has passed, and waits for the rest. */
  private check(): void {
    const { since, timer } = this;
    const left = since + this.limits[this.stage!] - performance.now();
    if (!this.waiting) this.expiredWhileIdle = true;
    else if (left > 0) this.arm(left);
    else setImmediate(() => this.expireUnlessRead(since, timer));
  }

  /** In a process that was busy for long, timers come before what has arrived meanwhile. */
  private expireUnlessRead(since: number, timer: NodeJS.Timeout | undefined): void {
    if (this.stopped || this.timer !== timer) return;
    if (this.since === since && this.waiting) this.expired();
    else this.check();
  }

  private goOn(progressed: boolean): void {
    this.restart();
    if (progressed) return;
    const now = performance.now();
    this.keepAliveSince ??= now;
    if (now - this.keepAliveSince >= this.limits.alive) this.expired();
  }

  private restart(): void {
    this.since = performance.now();
    if (!this.expiredWhileIdle) return;
    this.expiredWhileIdle = false;
    this.arm(this.limits[this.stage!]);
  }
}
