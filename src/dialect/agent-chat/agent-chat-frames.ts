import { assertNever, type ErrorBody, type StepEvent } from '../../kernel/index.js';
import type { Frame } from '../../stream/index.js';
import type { AgentChatFrame } from './agent-chat-schemas.js';

type CallEvent = Extract<StepEvent, { readonly type: 'tool_call' | 'tool_progress' | 'tool_result' }>;
type DataOf<Type extends CallEvent['type']> = Extract<CallEvent, { readonly type: Type }>['data'];

/** An event that says in its data what it is, for readers that look at nothing else. */
export function frame(data: AgentChatFrame): Frame {
  return { event: data.type, data: JSON.stringify(data) };
}

/** Sent before anything else. */
export const OPENING: readonly Frame[] = [
  frame({ type: 'status', status: 'processing', message: 'The request is being worked on.' }),
];

/** The frames of calls: each starts, has some progress and has a result, also where the answer fails meanwhile. */
export class CallFrames {
  private readonly names = new Map<string, string>();
  /** Calls of which some progress was told. */
  private readonly moved = new Set<string>();
  /** Calls that have no result yet, by when they were told of. */
  private readonly open = new Map<string, number>();

  of(event: CallEvent): readonly Frame[] {
    switch (event.type) {
      case 'tool_call':
        return this.call(event.data);
      case 'tool_progress':
        return this.progress(event.data);
      case 'tool_result':
        return this.result(event.data);
      default:
        return assertNever(event);
    }
  }

  /** The last frames of an answer that failed: what was cut off with it has its result, too. */
  failed(error: ErrorBody): readonly Frame[] {
    const cutOff = [...this.open].flatMap(([callId, since]) => {
      const durationMs = Math.round(performance.now() - since);
      const name = this.names.get(callId) ?? '';
      return this.result({ callId, name, ok: false, content: error.message, durationMs });
    });
    return [...cutOff, frame({ type: 'error', ...error })];
  }

  private call({ callId: id, name, title, arguments: json, status }: DataOf<'tool_call'>): readonly Frame[] {
    this.names.set(id, name);
    if (status === 'requested') {
      this.open.set(id, performance.now());
      const titled = title === undefined ? {} : { title };
      return [frame({ type: 'tool_call_start', id, name, ...titled, arguments: json })];
    }
    if (status !== 'executing') return [];
    this.moved.add(id);
    return [frame({ type: 'tool_call_progress', id, name, status })];
  }

  /** A call is said to run once; how far it has come is a status of the whole. */
  private progress({ callId, message = 'in progress' }: DataOf<'tool_progress'>): readonly Frame[] {
    const name = this.names.get(callId) ?? 'a tool';
    return [frame({ type: 'status', status: 'executing', message: `${name}: ${message}` })];
  }

  /** A call that was not carried out has had no progress, which clients wait for. */
  private result({ callId: id, name, content, ok, durationMs }: DataOf<'tool_result'>): readonly Frame[] {
    this.open.delete(id);
    const refused = this.moved.has(id)
      ? []
      : [frame({ type: 'tool_call_progress', id, name, status: 'refused' })];
    return [...refused, frame({ type: 'tool_call_result', id, name, content, ok, durationMs })];
  }
}
