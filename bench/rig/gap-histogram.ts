/** Longer gaps are counted as this long. */
const MOST_MS = 4_000;

/** How long clients waited between two arrivals of tokens. */
export interface Gaps {
  readonly p50: number;
  readonly p99: number;
}

/** Counts gaps by the millisecond, so that a million of them take no room. */
export class GapHistogram {
  private readonly counts = new Uint32Array(MOST_MS + 1);

  add(milliseconds: number): void {
    const place = Math.min(MOST_MS, Math.round(milliseconds));
    this.counts[place]! += 1;
  }

  /** What has been counted since this was asked last. */
  take(): Gaps {
    const gaps = { p50: this.quantile(0.5), p99: this.quantile(0.99) };
    this.counts.fill(0);
    return gaps;
  }

  private quantile(share: number): number {
    const wanted = share * this.counts.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    for (const [milliseconds, count] of this.counts.entries()) {
      seen += count;
      if (seen > 0 && seen >= wanted) return milliseconds;
    }
    return NaN;
  }
}
