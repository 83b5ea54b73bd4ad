import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';

/** How many turns run in this process, and whether one more may. */
@Injectable()
export class TurnRoom {
  private taken = 0;
  private listener: (() => void) | undefined;

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'MAX_CONCURRENT_TURNS'>) {}

  /** Places left; none below zero, though a turn that was taken over may have one too many. */
  get free(): number {
    return Math.max(0, this.config.MAX_CONCURRENT_TURNS - this.taken);
  }

  /** Takes so many places, or as many as are left: each answer gives one back, once. */
  reserve(most: number): (() => void)[] {
    return Array.from({ length: Math.min(most, this.free) }, () => this.take());
  }

  /** Takes a place, whether there is one or not; the answer gives it back, once. */
  take(): () => void {
    this.taken += 1;
    if (this.free === 0) this.listener?.();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.taken -= 1;
      if (this.free === 1) this.listener?.();
    };
  }

  /** Calls back whenever the room becomes full, or has a place again. */
  onChanged(listener: () => void): void {
    this.listener = listener;
  }
}
