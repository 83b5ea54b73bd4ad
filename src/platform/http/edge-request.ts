import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../../kernel/index.js';
import type { BodyReservation } from './bodies-in-flight.js';

/** What the edge reads of a request, and what it leaves on it. */
export interface EdgeRequest {
  readonly id: string;
  readonly url: string;
  readonly is404: boolean;
  readonly headers: IncomingMessage['headers'];
  readonly raw: IncomingMessage;
  readonly routeOptions: { readonly config: unknown; readonly bodyLimit?: number | undefined };
  /** Who asks, once the token has been checked. */
  user?: Caller;
  /** Set once nothing stands against answering it. */
  isAdmitted?: true;
  /** Where its body is counted. */
  bodyPlace?: BodyReservation;
}

/** The server's side of the answer. */
export interface EdgeReply {
  readonly raw: ServerResponse;
}
