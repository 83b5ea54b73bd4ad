import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresGrantStore } from '../../src/tool/adapters/postgres-grant-store.js';
import { PostgresMcpServerStore } from '../../src/tool/adapters/postgres-mcp-server-store.js';
import { describeGrantStore } from '../contracts/grant-store.contract.js';
import { MemoryGrantStore } from '../doubles/memory-grant-store.js';
import { testDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';

let pool: pg.Pool;
beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});
afterAll(() => pool.end());

describeGrantStore('Postgres', () => new PostgresGrantStore(new Database(pool)));
describeGrantStore('memory', () => new MemoryGrantStore());

describe('what a person has let servers do', () => {
  it('is known beside the servers, and goes with the server and with the person', async () => {
    const database = new Database(pool);
    const [grants, servers] = [new PostgresGrantStore(database), new PostgresMcpServerStore(database)];
    const ada = { ...newUser(), org: newId() };
    const eve = { ...newUser(), org: ada.org };
    const sealed = { sealedHeaders: undefined, sealedClient: undefined, maySample: false };
    await servers.add(ada, { id: newId(), name: 'files', url: 'https://files.example', ...sealed });
    const [files, mail, eves] = [newId(), newId(), newId()];
    const put = (person: typeof ada, server: string, id: string) =>
      grants.put(person, server, { id, issuer: 'https://login.example', sealed: 'sealed' });
    await put(ada, 'files', files);
    await put(ada, 'mail', mail);
    await put(eve, 'mail', eves);
    expect((await servers.of(ada)).grants).toEqual([
      { server: 'files', id: files },
      { server: 'mail', id: mail },
    ]);
    await servers.remove(ada, 'files');
    expect((await servers.of(ada)).grants).toEqual([{ server: 'mail', id: mail }]);
    const hash = Buffer.from(newId());
    await grants.begin(hash, { person: { org: ada.org, id: ada.id }, server: 'mail', sealed: 'x' }, 60_000);
    await servers.removeAll(ada);
    expect((await servers.of(ada)).grants).toEqual([]);
    expect(await grants.take(hash)).toBeUndefined();
    expect((await servers.of(eve)).grants).toEqual([{ server: 'mail', id: eves }]);
  });
});
