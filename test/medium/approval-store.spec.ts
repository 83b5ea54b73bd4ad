import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresApprovalStore } from '../../src/tool/adapters/postgres-approval-store.js';
import { Approvals } from '../../src/tool/app/approvals.js';
import { describeApprovalStore } from '../contracts/approval-store.contract.js';
import { testDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';

let pool: pg.Pool;
beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});
afterAll(() => pool.end());

const store = () => new PostgresApprovalStore(new Database(pool));

describeApprovalStore('Postgres', store);

describe('what a user has agreed to', () => {
  it('is remembered until the user takes it back', async () => {
    const [approvals, ada] = [new Approvals(store()), newUser()];
    await approvals.remember(ada, 'search_web', 'hash');
    expect(await approvals.isRemembered(ada, 'search_web', 'hash')).toBe(true);
    const { id } = (await approvals.page(ada, 1, undefined)).approvals[0]!;
    await approvals.forget(ada, id);
    expect(await approvals.isRemembered(ada, 'search_web', 'hash')).toBe(false);
  });

  it('is not there to be taken back twice, or by somebody else', async () => {
    const [approvals, ada] = [new Approvals(store()), newUser()];
    await approvals.remember(ada, 'search_web', 'hash');
    const { id } = (await approvals.page(ada, 1, undefined)).approvals[0]!;
    const absent = expect.objectContaining({ code: 'NOT_FOUND' }) as Error;
    await expect(approvals.forget(newUser(), id)).rejects.toEqual(absent);
    await approvals.forget(ada, id);
    await expect(approvals.forget(ada, id)).rejects.toEqual(absent);
    await expect(approvals.forget(ada, newId())).rejects.toEqual(absent);
  });
});
