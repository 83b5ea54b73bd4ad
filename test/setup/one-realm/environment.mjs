import { LegacyFakeTimers, ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';
import { restoreRealm, takeRealm } from './realm.mjs';

const MATCHERS = Symbol.for('$$jest-matchers-object');

/** Jest keeps them in a global that cannot be removed; each `expect` that is loaded puts its own there. */
function forgetMatchers() {
  const { state } = globalThis[MATCHERS] ?? {};
  if (state === undefined) return;
  Object.assign(globalThis[MATCHERS], { customEqualityTesters: [], matchers: Object.create(null) });
  Object.assign(state, { assertionCalls: 0, expectedAssertionsNumber: null, isExpectingAssertions: false });
  Object.assign(state, { numPassingAsserts: 0, suppressedErrors: [] });
}

/**
 * Runs the files of a worker one after the other in the worker's own realm, in place of a new context for each of them. What a
 * file changed of the realm is put back when it has ended.
 */
export default class OneRealm {
  constructor({ projectConfig: config }) {
    this.before = takeRealm();
    this.global = globalThis;
    this.moduleMocker = new ModuleMocker(globalThis);
    this.fakeTimers = new LegacyFakeTimers({
      config,
      global: globalThis,
      moduleMocker: this.moduleMocker,
      timerConfig: { idToRef: (id) => id, refToId: (ref) => ref },
    });
    this.fakeTimersModern = new ModernFakeTimers({ config, global: globalThis });
  }

  async setup() {}

  async teardown() {
    this.fakeTimers.dispose();
    this.fakeTimersModern.dispose();
    forgetMatchers();
    restoreRealm(this.before);
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  /** For Jest, which wants to hear of one; scripts are compiled for the realm itself, see runtime.mjs. */
  getVmContext() {
    return globalThis;
  }
}
