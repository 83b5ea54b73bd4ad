import type { Step } from '../../doubles/scripted-provider.js';

/** The content type of an event stream. */
export const SSE = 'text/event-stream';
/** The content type of one object. */
export const JSON_TYPE = 'application/json';
/** An event that has no name. */
export const frame = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;

/** What a user reads of an answer. */
export interface Told {
  readonly text: string;
  readonly reasoning?: string;
  readonly finishReason?: string;
  readonly usage?: object;
}

/** What a server says, under which content type, and what its user reads; `undefined`: that it failed. */
export type Row = readonly [
  name: string,
  body: string | readonly Step[],
  told: Told | undefined,
  contentType?: string | undefined,
  code?: string,
];
