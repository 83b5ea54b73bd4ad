import type { LiveLog } from '../ports/live-log.js';

/** For a deployment without Redis: other processes are woken by Postgres and read the event log. */
export class NoLiveLog implements LiveLog {
  readonly state = 'off';

  start(): void {}

  publish(): void {}

  follow(): void {}

  unfollow(): void {}

  forget(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}
