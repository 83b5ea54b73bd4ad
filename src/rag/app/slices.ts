import { yieldToEventLoop } from '../../kernel/index.js';

/** Milliseconds of work at a time: shorter than anybody notices. */
const SLICE_MS = 5;

/** Cuts long work of the event loop into slices, between which everything else has its turn. */
export class Slices {
  private since = performance.now();

  /** Lets others go first when this slice has been long enough. Costs next to nothing when it has not. */
  async pause(): Promise<void> {
    if (performance.now() - this.since < SLICE_MS) return;
    await yieldToEventLoop();
    this.since = performance.now();
  }
}
