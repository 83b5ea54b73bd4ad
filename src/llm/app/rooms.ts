import type { ResolvedModel } from './model-directory.js';

/**
 * Which models are still worth asking once a question was too long for one: those that are known to take more. Of two
 * windows that nobody knows none is the larger.
 */
export class Rooms {
  /** The largest window that was too small, in tokens: 0 for an unknown one, absent while none was. */
  private tooSmall: number | undefined;

  constructor(private readonly windowOf: (target: ResolvedModel) => number | undefined) {}

  /** The question was too long for this one. */
  wasTooLong(target: ResolvedModel): void {
    this.tooSmall = Math.max(this.tooSmall ?? 0, this.windowOf(target) ?? 0);
  }

  mayHold(target: ResolvedModel): boolean {
    return this.tooSmall === undefined || (this.windowOf(target) ?? 0) > this.tooSmall;
  }
}
