import type { ServerEvent } from '@modelcontextprotocol/server';
import type { FollowUser, UserEventItem } from '../../chat/index.js';
import type { Caller } from '../../kernel/index.js';
import { threadUri } from './thread-uri.js';

/**
 * Calls back with every change to the caller's threads, in whichever process it happens, until the signal aborts; when one may
 * have been missed, with a change of the list.
 */
export async function followThreads(
  followUser: FollowUser,
  caller: Caller,
  changed: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { events, close } = await followUser.open(caller);
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) return close();
  let isFirst = true;
  for await (const items of events(signal)) {
    for (const item of items) {
      // The first `connected` says that it begins, each further one that something may have been lost.
      if (item.type !== 'connected' || !isFirst) changesOf(item).forEach(changed);
      isFirst = false;
    }
  }
}

function changesOf(event: UserEventItem): readonly ServerEvent[] {
  switch (event.type) {
    case 'connected':
    case 'thread_created':
    case 'thread_deleted':
      return [{ kind: 'resources_list_changed' }];
    case 'thread_updated':
      return [updated(event.data.thread.id), { kind: 'resources_list_changed' }];
    case 'turn_waiting':
    case 'turn_ended':
      return [updated(event.data.threadId)];
    case 'turn_started':
    case 'input_opened':
    case 'input_closed':
      return [];
  }
}

function updated(threadId: string): ServerEvent {
  return { kind: 'resource_updated', uri: threadUri(threadId) };
}
