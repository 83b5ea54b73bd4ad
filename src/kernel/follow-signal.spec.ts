import { followSignal } from './follow-signal.js';

describe('a controller that follows a signal', () => {
  const reason = new Error('enough');

  it('aborts with it, for its reason, also when that was before', () => {
    const [source, followed, late] = [new AbortController(), new AbortController(), new AbortController()];
    followSignal(source.signal, followed);
    expect(followed.signal.aborted).toBe(false);
    source.abort(reason);
    expect(followed.signal.reason).toBe(reason);
    followSignal(source.signal, late);
    expect(late.signal.reason).toBe(reason);
  });

  it('does not any more when that has ended', () => {
    const [source, followed] = [new AbortController(), new AbortController()];
    followSignal(source.signal, followed)();
    source.abort(reason);
    expect(followed.signal.aborted).toBe(false);
  });
});
