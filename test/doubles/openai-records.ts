import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Behaviour, Fault } from './stand-in-behaviour.js';
import { keep, Records, type Recorded } from './stand-in-records.js';

/** A message as it was sent; what a client may send besides is kept as well. */
export interface SentMessage {
  readonly role: string;
  readonly content: string | null | readonly { readonly type: string; readonly text?: string }[];
  readonly tool_calls?: readonly unknown[];
  readonly tool_call_id?: string;
}

/** A request for a completion, as it was sent. */
export interface CompletionBody {
  readonly model: string;
  readonly messages: readonly SentMessage[];
  readonly tools?: readonly unknown[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
}

/** One completion that was asked for. */
export type RecordedRequest = Recorded<CompletionBody>;

/** A request for something else than a completion. */
export interface RecordedCall {
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** What the stand-in was asked, and how it is to answer. */
export class OpenAiRecords extends Records<CompletionBody> {
  readonly others: RecordedCall[] = [];
  modelsFault: Fault | undefined;

  constructor(
    behaviour: Partial<Behaviour> | undefined,
    readonly models: readonly object[],
  ) {
    super(behaviour);
  }

  note(route: string, { headers }: IncomingMessage, body: unknown): void {
    keep(this.others, { route, headers, body });
  }
}
