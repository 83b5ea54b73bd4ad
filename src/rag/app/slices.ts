import { yieldToEventLoop } from '../../kernel/index.js';

/** Milliseconds of work between two yields. */
const SLICE_MS = 5;

/** Divides long work into slices, between which the event loop is yielded to. */
export class Slices {
  private since = performance.now();

  /** Yields to the event loop when this slice has lasted long enough. Costs next to nothing when it has not. */
  async pause(): Promise<void> {
    if (performance.now() - this.since < SLICE_MS) return;
    await yieldToEventLoop();
    this.since = performance.now();
  }
}
