import type { ServerResponse } from 'node:http';
import type { Subscriber } from 'rxjs';
import { encodeFrame, PING, PING_TEXT, toMessage, type Frame, type SseMessage } from '../core/sse.js';
import { drained } from './sse-response.js';

/** How frames get to one client. */
export interface Outlet {
  /** Sends the frames; resolves when the client has room for more. */
  send(frames: readonly Frame[], signal: AbortSignal): Promise<void>;
  ping(): void;
  complete(): void;
}

/** So many characters are on their way to the socket before anything is sent behind them. */
const LARGE_CHARS = 8_192;

/** Over the Observable of an `@Sse()` route; the first frame also says how long to wait before coming back. */
export function observableOutlet(subscriber: Subscriber<SseMessage>, response: ServerResponse): Outlet {
  let isFirst = true;
  return {
    async send(frames, signal) {
      let chars = 0;
      for (const frame of frames) {
        subscriber.next(toMessage(frame, isFirst));
        isFirst = false;
        chars += frame.data.length;
        if (chars < LARGE_CHARS) continue;
        // The framework hands on what it was given a moment later; only then the socket knows that it is full.
        await new Promise(setImmediate);
        await drained(response, signal);
        chars = 0;
      }
      await drained(response, signal);
    },
    ping: () => subscriber.next(PING),
    complete: () => subscriber.complete(),
  };
}

/** Straight to the socket: what comes together goes out in one write. */
export function rawOutlet(response: ServerResponse): Outlet {
  return {
    async send(frames, signal) {
      let text = '';
      for (const frame of frames) {
        text += encodeFrame(frame);
        if (text.length < LARGE_CHARS) continue;
        response.write(text);
        text = '';
        await drained(response, signal);
      }
      if (text !== '') response.write(text);
      await drained(response, signal);
    },
    ping: () => void response.write(PING_TEXT),
    complete: () => void response.end(),
  };
}
