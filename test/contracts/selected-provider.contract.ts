import type { SelectedProviderStore } from '../../src/llm/ports/selected-provider.js';
import { until } from '../support/until.js';

export interface SelectedProviderUnderTest {
  /** What another process has; each is closed after its test, with all that is selected. */
  startProcess(): Promise<SelectedProviderStore>;
  /** Makes everything that is selected an hour older. */
  age(): Promise<void>;
  /** Cuts what tells processes of each other's choices, for a moment. */
  cut(): Promise<void>;
  reset(): Promise<void>;
}

/** Holds an implementation to every promise of {@link SelectedProviderStore}; nobody else selects anything in it. */
export function describeSelectedProvider(name: string, setUp: () => SelectedProviderUnderTest): void {
  describe(`the selected provider in ${name}`, () => {
    const subject = setUp();
    afterEach(() => subject.reset());

    it('is nobody until somebody is selected, and then whoever was last', async () => {
      const store = await subject.startProcess();
      expect((await store.read(undefined)).selected).toEqual([]);
      for (const provider of ['claude', 'groq']) await store.write({ org: undefined, provider });
      for (const provider of ['openai', 'local']) await store.write({ org: 'acme', provider });
      expect((await store.read(undefined)).selected).toEqual([
        { org: undefined, provider: 'groq' },
        { org: 'acme', provider: 'local' },
      ]);
    });

    it('is read anew only where it may have changed', async () => {
      const store = await subject.startProcess();
      await store.write({ org: 'acme', provider: 'claude' });
      await subject.age();
      await store.write({ org: 'other', provider: 'local' });
      const { selected, asOf } = await store.read(undefined);
      expect(selected).toHaveLength(2);
      expect((await store.read(asOf)).selected).toEqual([{ org: 'other', provider: 'local' }]);
    });

    it('is told to every process and every listener in it, and can be read by then', async () => {
      const [one, other] = [await subject.startProcess(), await subject.startProcess()];
      const heard: (string | undefined)[] = [];
      const again: string[] = [];
      await other.onChanged(
        () => void other.read(undefined).then(({ selected }) => heard.push(selected[0]?.provider)),
      );
      await other.onChanged(() => void again.push('again'));
      await one.write({ org: 'acme', provider: 'claude' });
      await until(() => heard.includes('claude') && again.length > 0);
      await one.write({ org: 'acme', provider: 'local' });
      await until(() => heard.includes('local'));
    });

    it('is read again after some of what is told may have been lost', async () => {
      const store = await subject.startProcess();
      let told = 0;
      await store.onChanged(() => (told += 1));
      await subject.cut();
      await until(() => told > 0);
    });
  });
}
