import { newId, type Caller } from '../../src/kernel/index.js';
import {
  MAX_SERVERS,
  type McpServerStore,
  type StoredServer,
} from '../../src/tool/ports/mcp-server-store.js';
import { newUser } from '../support/callers.js';

const serverOf = (name: string, change: Partial<StoredServer> = {}): StoredServer => ({
  ...{ id: newId(), name, url: `https://${name}.example/mcp`, maySample: false },
  ...{ sealedHeaders: undefined, sealedClient: undefined },
  ...change,
});

/** Holds an implementation to every promise of {@link McpServerStore}. */
export function describeMcpServerStore(name: string, setUp: () => McpServerStore): void {
  describe(`the MCP servers in ${name}`, () => {
    let store: McpServerStore;
    let ada: Caller;
    beforeEach(() => {
      store = setUp();
      ada = { ...newUser(), org: newId() };
    });
    const colleague = () => ({ ...newUser(), org: ada.org });

    it('are the organisation’s, by name', async () => {
      const [files, mail] = [
        serverOf('files', { sealedHeaders: 'sealed', sealedClient: 'client', maySample: true }),
        serverOf('mail'),
      ];
      expect(await store.add(ada, mail)).toBe('added');
      expect(await store.add(ada, files)).toBe('added');
      for (const caller of [ada, colleague()])
        expect((await store.of(caller)).servers).toEqual([files, mail]);
      expect(await store.of({ ...ada, org: newId() })).toEqual({ servers: [], credentials: [], grants: [] });
    });

    it('have a name each, in each organisation', async () => {
      const files = serverOf('files');
      expect(await store.add(ada, files)).toBe('added');
      expect(await store.add(colleague(), serverOf('files', { url: 'https://evil.example' }))).toBe('taken');
      expect((await store.of(ada)).servers).toEqual([files]);
      expect(await store.add({ ...ada, org: newId() }, serverOf('files'))).toBe('added');
    });

    it('are so many at most, also when they are added at once', async () => {
      const names = Array.from({ length: MAX_SERVERS + 3 }, (_, index) => `server-${index}`);
      const outcomes = await Promise.all(names.map((one) => store.add(ada, serverOf(one))));
      expect(outcomes.filter((outcome) => outcome === 'full')).toHaveLength(3);
      expect((await store.of(ada)).servers).toHaveLength(MAX_SERVERS);
    });

    it('are removed by the organisation alone, with what people have entered for them', async () => {
      await store.add(ada, serverOf('files'));
      const other = colleague();
      for (const caller of [ada, other]) await store.putCredential(caller, 'files', 'sealed');
      await store.putCredential(ada, 'mail', 'sealed');
      expect(await store.remove({ ...ada, org: newId() }, 'files')).toBe(false);
      expect(await store.remove(other, 'files')).toBe(true);
      expect(await store.remove(other, 'files')).toBe(false);
      expect(await store.of(other)).toEqual({ servers: [], credentials: [], grants: [] });
      expect((await store.of(ada)).credentials).toEqual([{ server: 'mail', sealed: 'sealed' }]);
    });

    it('have one credential of each person, whom it is known to alone', async () => {
      await store.putCredential(ada, 'files', 'one');
      await store.putCredential(ada, 'files', 'two');
      const other = colleague();
      await store.putCredential(other, 'files', 'three');
      expect((await store.of(ada)).credentials).toEqual([{ server: 'files', sealed: 'two' }]);
      expect((await store.of({ ...ada, org: newId() })).credentials).toEqual([]);
      expect(await store.removeCredential(newUser(), 'files')).toBe(false);
      expect(await store.removeCredential(ada, 'files')).toBe(true);
      expect(await store.removeCredential(ada, 'files')).toBe(false);
      expect((await store.of(other)).credentials).toHaveLength(1);
    });

    it('have nothing of a person whose own is removed', async () => {
      await store.add(ada, serverOf('files'));
      for (const one of ['files', 'mail']) await store.putCredential(ada, one, 'sealed');
      const other = colleague();
      await store.putCredential(other, 'files', 'sealed');
      await store.removeAll({ org: ada.org, id: ada.id });
      expect((await store.of(ada)).credentials).toEqual([]);
      expect((await store.of(other)).credentials).toHaveLength(1);
      expect((await store.of(ada)).servers).toHaveLength(1);
    });
  });
}
