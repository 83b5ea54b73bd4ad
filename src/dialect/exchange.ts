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

/** Who asks, and the connection the answer goes to. */
export interface Exchange {
  readonly caller: Caller;
  readonly reply: Reply;
}

/** Calls back once, when the answer is through or the client has gone, even if that was before. */
export function onClosed({ raw }: Pick<Reply, 'raw'>, callback: () => void): void {
  if (raw.closed) callback();
  else raw.once('close', callback);
}

/** Aborts when the client goes before its answer is through, so that nobody goes on answering. */
export function abortOnDisconnect(reply: Pick<Reply, 'raw'>): AbortController {
  const controller = new AbortController();
  onClosed(reply, () => {
    if (!reply.raw.writableFinished) controller.abort(clientDisconnected());
  });
  return controller;
}

/** What is thrown to whoever answers a client that is no longer there. */
export function clientDisconnected(): AppError {
  return new AppError('STATE_CONFLICT', 'The client went before the answer came.');
}

type Content = NonNullable<Extract<ApiResponseOptions, { content?: unknown }>['content']>;

/** What a route answers with that answers in two ways: JSON, or a stream with the frame behind each `data:`. */
export function jsonOrStream(answer: z.ZodType, frame: z.ZodType): Content {
  return {
    'application/json': { schema: jsonSchemaOf(answer, 'output') },
    'text/event-stream': { schema: jsonSchemaOf(frame, 'output') },
  };
}
