import type { ApiResponseOptions } from '@nestjs/swagger';
import type { z } from 'zod';
import { AppError, type Caller } from '../kernel/index.js';
import { jsonSchemaOf } from '../platform/http/index.js';
import type { StreamReply } from '../stream/index.js';

/** The framework's reply, for routes that answer with JSON or with a stream. */
export interface Reply extends StreamReply {
  readonly request: { readonly id: string };
  status(code: number): { send(body: unknown): unknown };
}

/** The caller of a request, and the reply to it. */
export interface Exchange {
  readonly caller: Caller;
  readonly reply: Reply;
}

/** Calls back once when the response is complete or the client has gone, even if that was before. */
export function onClosed({ raw }: Pick<Reply, 'raw'>, callback: () => void): void {
  if (raw.closed) callback();
  else raw.once('close', callback);
}

/** Aborts when the client disconnects before its response is complete, so that the work for it ends. */
export function abortOnDisconnect(reply: Pick<Reply, 'raw'>): AbortController {
  const controller = new AbortController();
  onClosed(reply, () => {
    if (!reply.raw.writableFinished) controller.abort(clientDisconnected());
  });
  return controller;
}

/** Thrown to end the work for a client that has disconnected. */
export function clientDisconnected(): AppError {
  return new AppError('STATE_CONFLICT', 'The client went before the answer came.');
}

type Content = NonNullable<Extract<ApiResponseOptions, { content?: unknown }>['content']>;

/**
 * The response of a route with two formats: JSON, or a stream with frames of the second schema in its `data:` lines.
 */
export function jsonOrStream(answer: z.ZodType, frame: z.ZodType): Content {
  return {
    'application/json': { schema: jsonSchemaOf(answer, 'output') },
    'text/event-stream': { schema: jsonSchemaOf(frame, 'output') },
  };
}
