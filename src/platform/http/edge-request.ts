import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../../kernel/index.js';
import type { BodyReservation } from './bodies-in-flight.js';

/** The fields of a request that the edge module reads or sets. */
export interface EdgeRequest {
  readonly id: string;
  readonly url: string;
  readonly is404: boolean;
  readonly headers: IncomingMessage['headers'];
  readonly raw: IncomingMessage;
  readonly routeOptions: { readonly config: unknown; readonly bodyLimit?: number | undefined };
  /** The caller, once the token was checked. */
  user?: Caller;
  /** Set when the request was admitted. */
  isAdmitted?: true;
  /** The reservation of its body. */
  bodyPlace?: BodyReservation;
}

/** The server's side of the answer. */
export interface EdgeReply {
  readonly raw: ServerResponse;
}
