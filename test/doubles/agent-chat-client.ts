import type { WireEvent } from '../support/wire-client.js';

/** What a person sees of a call in the page of this wire's own client. */
export type ShownStatus = 'starting' | 'executing' | 'complete';

/** What the wire's own client has made of a stream. */
export interface ShownChat {
  /** The text of the message that is being written, or was when the stream ended. */
  readonly text: string;
  readonly messages: readonly { readonly content: string | null; readonly toolCalls: readonly unknown[] }[];
  /** The statuses of each call, by its id, in the order in which they were shown. */
  readonly tools: ReadonlyMap<string, readonly ShownStatus[]>;
  readonly results: ReadonlyMap<string, string>;
  readonly outcome: 'success' | 'waiting' | 'error' | 'broken off';
  /** What such a client cannot make sense of. */
  readonly problems: readonly string[];
}

/**
 * The client of this wire, as documented: it shows text as it comes, a status for each call, the message when that is
 * complete, and stops at `complete` or `error`.
 */
export class AgentChatClient {
  private text = '';
  private outcome: ShownChat['outcome'] = 'broken off';
  private readonly messages: { content: string | null; toolCalls: readonly unknown[] }[] = [];
  private readonly tools = new Map<string, ShownStatus[]>();
  private readonly results = new Map<string, string>();
  private readonly problems: string[] = [];

  static shown(events: readonly WireEvent[]): ShownChat {
    const client = new AgentChatClient();
    for (const event of events) client.take(event);
    return client.chat();
  }

  take({ event, data }: WireEvent): void {
    const type = event ?? (data.type as string);
    if (this.outcome !== 'broken off') this.problems.push(`${type} comes after the end`);
    switch (type) {
      case 'delta':
        if (this.isExecuting) this.problems.push('text comes while a tool is running');
        this.text += data.content;
        return;
      case 'tool_call_start':
        if (this.tools.has(data.id)) this.problems.push(`${data.id} starts twice`);
        this.tools.set(data.id, ['starting']);
        // The next round's text is another message's.
        this.text = '';
        return;
      case 'tool_call_progress':
        return this.move(data.id, 'executing');
      case 'tool_call_result':
        this.results.set(data.id, data.content);
        return this.move(data.id, 'complete');
      case 'message_complete':
        if (this.text !== (data.content ?? '')) this.problems.push('the message is not the text that came');
        this.messages.push({ content: data.content, toolCalls: data.tool_calls ?? [] });
        return;
      case 'complete':
        if (this.isExecuting && data.status !== 'waiting') this.problems.push('a call has no result');
        if (this.messages.length === 0) this.problems.push('there was no message');
        this.outcome = data.status;
        return;
      case 'error':
        this.outcome = 'error';
        return;
      default:
    }
  }

  chat(): ShownChat {
    const { text, messages, tools, results, outcome, problems } = this;
    return { text, messages, tools, results, outcome, problems };
  }

  private get isExecuting(): boolean {
    return [...this.tools.values()].some((statuses) => statuses.at(-1) !== 'complete');
  }

  private move(id: string, status: ShownStatus): void {
    const statuses = this.tools.get(id);
    const before = statuses?.at(-1);
    const isNext = status === 'executing' ? before !== 'complete' : before === 'executing';
    if (statuses === undefined || !isNext)
      this.problems.push(`${id} is ${status} after ${before ?? 'nothing'}`);
    if (before !== status) statuses?.push(status);
  }
}
