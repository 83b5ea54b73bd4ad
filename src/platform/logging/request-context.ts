import { AsyncLocalStorage } from 'node:async_hooks';

const requests = new AsyncLocalStorage<string>();

/** Runs the handler of a request: every entry that is logged meanwhile, and by what it starts, has the request's id. */
export function withRequestId(id: string, handle: () => void): void {
  requests.run(id, handle);
}

/** What entries have of the request that they belong to: a new object each time, because the logger adds to it. */
export function requestFields(): { requestId?: string } {
  const requestId = requests.getStore();
  return requestId === undefined ? {} : { requestId };
}
