import type { SelectedProvider } from '../ports/selected-provider.js';
import { CurrentProvider } from './current-provider.js';

/** A store of choices that can be out of reach. */
function store(...kept: SelectedProvider[]) {
  const since: (Date | undefined)[] = [];
  const on = {
    isUp: true,
    kept,
    since,
    changed: () => undefined as void,
    read: (asked: Date | undefined) => {
      since.push(asked);
      if (!on.isUp) return Promise.reject(new Error('away'));
      return Promise.resolve({ selected: on.kept, asOf: new Date(since.length) });
    },
    write: (selected: SelectedProvider) => Promise.resolve(void on.kept.push(selected)),
    onChanged: (handler: () => void) => Promise.resolve(void (on.changed = handler)),
  };
  return on;
}

describe('the current provider', () => {
  it('is read at the start, and what has changed since whenever it may have changed', async () => {
    const on = store({ org: undefined, provider: 'groq' }, { org: 'acme', provider: 'claude' });
    const current = new CurrentProvider(on);
    await current.onModuleInit();
    expect(current.names()).toEqual(['groq']);
    expect(current.names('acme')).toEqual(['claude', 'groq']);
    expect(current.names('other')).toEqual(['groq']);
    on.kept = [{ org: 'acme', provider: 'openai' }];
    on.changed();
    await new Promise(setImmediate);
    expect(current.names('acme')).toEqual(['openai', 'groq']);
    expect(on.since).toEqual([undefined, new Date(1)]);
  });

  it('stays as it was when it cannot be read', async () => {
    const on = store({ org: undefined, provider: 'groq' });
    const current = new CurrentProvider(on);
    await current.onModuleInit();
    on.isUp = false;
    on.changed();
    await new Promise(setImmediate);
    expect(current.names()).toEqual(['groq']);
  });

  it('counts here as soon as it is kept', async () => {
    const on = store();
    const current = new CurrentProvider(on);
    await current.select({ org: 'acme', provider: 'ollama' });
    expect(current.names('acme')).toEqual(['ollama']);
    expect(current.names('other')).toEqual([]);
    expect(on.kept).toEqual([{ org: 'acme', provider: 'ollama' }]);
  });
});
