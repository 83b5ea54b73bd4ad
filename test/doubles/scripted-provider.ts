import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What stands in a body, or how long to wait there, in milliseconds. */
export type Step = string | { readonly pauseMs: number };

/** One answer, byte for byte. */
export interface ScriptedAnswer {
  readonly status?: number;
  /** `undefined` for none at all. */
  readonly contentType?: string | undefined;
  readonly steps: readonly Step[];
}

/** A server that answers whatever it is asked for with what it is told, and keeps what it was sent. */
export interface ScriptedProvider {
  readonly url: string;
  /** The bodies it was sent. */
  readonly asked: readonly Record<string, unknown>[];
  /** How it answers the next requests, one after the other; the last answer counts for all that follow. */
  answer(...answers: readonly ScriptedAnswer[]): void;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const asked: Record<string, unknown>[] = [];
  let script: readonly ScriptedAnswer[] = [];
  const server = createServer((request, response) => {
    void respond(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    // Lists of models are nobody's business here.
    if (request.method !== 'POST') return void response.writeHead(404).end();
    asked.push(JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>);
    const [answer, ...others] = script;
    if (others.length > 0) script = others;
    const { status = 200, contentType, steps } = answer!;
    response.writeHead(status, contentType === undefined ? {} : { 'content-type': contentType });
    response.flushHeaders();
    for (const step of steps) {
      if (typeof step === 'string') response.write(step);
      else await pause(step.pauseMs);
    }
    response.end();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: (...answers) => {
      script = answers;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
