import type pg from 'pg';
import { personalContextOf } from '../../src/personal-context.module.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresProfileStore } from '../../src/profile/adapters/postgres-profile-store.js';
import { describePersonalContext } from '../contracts/personal-context.contract.js';
import { describeProfileStore } from '../contracts/profile-store.contract.js';
import { withSharedPool } from '../support/pools.js';

let pool: pg.Pool;
withSharedPool((shared) => (pool = shared));

const store = () => new PostgresProfileStore(new Database(pool));

describeProfileStore('Postgres', store);

describePersonalContext('profiles', () => ({
  context: personalContextOf(store()),
  async say(caller, { memories, ...profile }) {
    await store().put(caller, profile);
    for (const memory of memories.toReversed()) await store().add(caller, memory);
  },
}));
