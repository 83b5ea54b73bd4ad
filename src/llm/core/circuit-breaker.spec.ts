import { CircuitBreaker } from './circuit-breaker.js';

describe('the circuit breaker', () => {
  let now = 0;
  const breaker = () => new CircuitBreaker({ threshold: 3, cooldownMs: 1_000 }, () => now);

  function opened(): CircuitBreaker {
    const broken = breaker();
    for (let failure = 0; failure < 3; failure += 1) {
      broken.tryEnter();
      broken.failed();
    }
    return broken;
  }

  beforeEach(() => {
    now = 50_000;
  });

  it('lets everything through at first', () => {
    const fresh = breaker();
    expect([fresh.tryEnter(), fresh.tryEnter()]).toEqual([true, true]);
    expect(fresh).toMatchObject({ state: 'closed', failures: 0, retryAt: undefined, refuses: false });
  });

  it('opens after so many failures in a row', () => {
    const one = breaker();
    one.failed();
    one.failed();
    expect(one).toMatchObject({ state: 'closed', failures: 2 });
    one.failed();
    expect(one).toMatchObject({ state: 'open', failures: 3, retryAt: 51_000, refuses: true });
    expect(one.tryEnter()).toBe(false);
  });

  it('counts from the start again after a success', () => {
    const one = breaker();
    one.failed();
    one.failed();
    one.succeeded();
    one.failed();
    one.failed();
    expect(one).toMatchObject({ state: 'closed', failures: 2 });
  });

  it('lets exactly one probe through after the pause', () => {
    const one = opened();
    now += 999;
    expect(one.tryEnter()).toBe(false);
    now += 1;
    expect(one).toMatchObject({ state: 'half_open', retryAt: undefined, refuses: false });
    expect([one.tryEnter(), one.tryEnter(), one.tryEnter()]).toEqual([true, false, false]);
    expect(one).toMatchObject({ state: 'half_open', refuses: true });
    now += 60_000;
    expect(one.tryEnter()).toBe(false);
  });

  it('closes when the probe succeeds', () => {
    const one = opened();
    now += 1_000;
    one.tryEnter();
    one.succeeded();
    expect(one).toMatchObject({ state: 'closed', failures: 0 });
    expect([one.tryEnter(), one.tryEnter()]).toEqual([true, true]);
  });

  it('opens for another pause when the probe fails', () => {
    const one = opened();
    now += 5_000;
    one.tryEnter();
    one.failed();
    expect(one).toMatchObject({ state: 'open', failures: 4, retryAt: 56_000 });
    now += 1_000;
    expect(one.tryEnter()).toBe(true);
  });

  it('gives the place of an abandoned probe to the next request', () => {
    const one = opened();
    now += 1_000;
    one.tryEnter();
    one.abandoned();
    expect(one.state).toBe('half_open');
    expect([one.tryEnter(), one.tryEnter()]).toEqual([true, false]);
  });

  it('takes no abandoned request for a success or a failure', () => {
    const one = breaker();
    one.failed();
    one.failed();
    one.abandoned();
    expect(one).toMatchObject({ state: 'closed', failures: 2 });
  });

  it('does not change while open for what requests of before say', () => {
    const one = opened();
    now += 900;
    one.failed();
    expect(one).toMatchObject({ state: 'open', retryAt: 51_000 });
    one.succeeded();
    one.abandoned();
    expect(one).toMatchObject({ state: 'open', failures: 3, retryAt: 51_000 });
  });

  it('neither closes nor starts another pause for late words when nobody probes yet', () => {
    const one = opened();
    now += 1_000;
    one.succeeded();
    one.failed();
    expect(one).toMatchObject({ state: 'half_open', failures: 3 });
    expect([one.tryEnter(), one.tryEnter()]).toEqual([true, false]);
  });

  it('opens at once with a threshold of one', () => {
    const strict = new CircuitBreaker({ threshold: 1, cooldownMs: 10 }, () => now);
    strict.failed();
    expect(strict.state).toBe('open');
  });
});
