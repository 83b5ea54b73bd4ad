import type { Thread } from '../../thread/index.js';
import type { Input, Turn } from '../../turn/index.js';

type Event<Type, Data> = { readonly type: Type; readonly data: Data };

/** What a user is told of the own threads, and of what waits for an answer. */
export type UserEvent =
  | Event<'connected', Readonly<Record<string, never>>>
  | Event<'thread_created' | 'thread_updated' | 'thread_deleted', { readonly thread: Thread }>
  | Event<'turn_started' | 'turn_waiting' | 'turn_ended', { readonly threadId: string; readonly turn: Turn }>
  | Event<'input_opened' | 'input_closed', { readonly input: Input }>;

/** One of them with the time at which it was read. */
export type UserEventItem = UserEvent & { readonly at: string };
