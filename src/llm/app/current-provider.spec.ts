import { CurrentProvider } from './current-provider.js';

describe('the current provider', () => {
  it('is read at the start, and again whenever it may have changed', async () => {
    let kept: string | undefined = 'groq';
    let changed: () => void = () => undefined;
    const current = new CurrentProvider({
      read: () => Promise.resolve(kept),
      write: () => Promise.resolve(),
      onChanged: (handler) => Promise.resolve(void (changed = handler)),
    });
    await current.onModuleInit();
    expect(current.name).toBe('groq');
    kept = 'openai';
    changed();
    await new Promise(setImmediate);
    expect(current.name).toBe('openai');
  });

  it('stays as it was when it cannot be read', async () => {
    let isUp = true;
    let changed: () => void = () => undefined;
    const current = new CurrentProvider({
      read: () => (isUp ? Promise.resolve('groq') : Promise.reject(new Error('away'))),
      write: () => Promise.resolve(),
      onChanged: (handler) => Promise.resolve(void (changed = handler)),
    });
    await current.onModuleInit();
    isUp = false;
    changed();
    await new Promise(setImmediate);
    expect(current.name).toBe('groq');
  });

  it('counts here as soon as it is kept', async () => {
    const written: string[] = [];
    const current = new CurrentProvider({
      read: () => Promise.resolve(undefined),
      write: (provider) => Promise.resolve(void written.push(provider)),
      onChanged: () => Promise.resolve(),
    });
    await current.select('ollama');
    expect([current.name, written]).toEqual(['ollama', ['ollama']]);
  });
});
