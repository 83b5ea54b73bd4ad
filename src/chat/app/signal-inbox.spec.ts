import { SignalInbox } from './signal-inbox.js';

const updated = (id: string) => ({ kind: 'thread_updated', id }) as const;
const deleted = (id: string) => ({ kind: 'thread_deleted', id, thread: {} as never }) as const;

describe('the signals that a stream has not come to', () => {
  let inbox: SignalInbox;
  const { signal } = new AbortController();
  beforeEach(() => {
    inbox = new SignalInbox();
  });

  it('are waited for', async () => {
    const next = inbox.next(signal);
    inbox.take(updated('a'));
    expect(await next).toEqual(updated('a'));
  });

  it('come in their order, one for all that are alike, where the last of them stands', async () => {
    [updated('a'), updated('b'), deleted('b'), updated('a')].forEach(inbox.take);
    expect(await inbox.next(signal)).toEqual(updated('b'));
    expect(await inbox.next(signal)).toEqual(deleted('b'));
    expect(await inbox.next(signal)).toEqual(updated('a'));
  });

  it('are lost together when too many wait, which is said before what comes then', async () => {
    for (let index = 0; index < 256; index += 1) inbox.take(updated(`${index}`));
    inbox.take(updated('255'));
    expect(await inbox.next(signal)).toEqual(updated('0'));
    inbox.take(updated('256'));
    inbox.take(updated('257'));
    inbox.take(updated('258'));
    expect(await inbox.next(signal)).toBe('lost');
    expect(await inbox.next(signal)).toEqual(updated('258'));
  });

  it('are lost when any may have been', async () => {
    inbox.take(updated('a'));
    inbox.take(undefined);
    inbox.take(undefined);
    inbox.take(updated('b'));
    expect(await inbox.next(signal)).toBe('lost');
    expect(await inbox.next(signal)).toEqual(updated('b'));
  });

  it('are not waited for any longer than the stream is there', async () => {
    const controller = new AbortController();
    const next = inbox.next(controller.signal);
    controller.abort();
    expect(await next).toBeUndefined();
    inbox.take(updated('a'));
    expect(await inbox.next(controller.signal)).toBeUndefined();
  });
});
