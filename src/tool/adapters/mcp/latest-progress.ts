import type { ToolProgress } from '../../ports/tool.js';

/** The newest progress of a call, for whoever asks next: what nobody has taken is replaced, so nothing piles up. */
export class LatestProgress {
  private latest: ToolProgress | undefined;
  private isOver = false;
  private wake: (() => void) | undefined;

  put(progress: ToolProgress): void {
    this.latest = progress;
    this.wake?.();
  }

  /** Nothing follows. */
  end(): void {
    this.isOver = true;
    this.wake?.();
  }

  /** Each progress that was not replaced, until the end. */
  async *read(): AsyncGenerator<ToolProgress, void, undefined> {
    for (;;) {
      const { latest } = this;
      this.latest = undefined;
      if (latest !== undefined) yield latest;
      else if (this.isOver) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
