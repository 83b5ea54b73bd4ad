import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody who waits for an answer that does not come. Times are milliseconds since 1970. */
export interface HeldLine {
  readonly path: string;
  readonly openedAt: number;
  /** When the caller closed the connection; absent while it is held. */
  closedAt: number | undefined;
}

/** A running server that never answers. */
export interface SilentLine {
  readonly url: string;
  readonly port: number;
  /** Everybody who has called, in order. */
  readonly lines: readonly HeldLine[];
  close(): Promise<void>;
}

/** Starts a server on 127.0.0.1 that takes every request, answers none, and notes when its caller lets go. */
export async function startSilentLine(): Promise<SilentLine> {
  const lines: HeldLine[] = [];
  const server = createServer(({ url = '' }, response) => {
    const line: HeldLine = { path: url, openedAt: Date.now(), closedAt: undefined };
    lines.push(line);
    response.once('close', () => (line.closedAt = Date.now()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, port, lines },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
