import { globSync, readFileSync } from 'node:fs';

/** What makes a run in full size, or on a server that is given, another one: unit specs have none of it, so `.ci/run` runs them once. */
const DIFFERENT = /support\/size\.js|setup\/test-|\b(TEST_SIZE|DATABASE_URL|REDIS_URL)'\]/;

const SPECS = globSync('src/**/*.spec.ts');

it('looks for unit specs where they are', () => {
  expect(SPECS.length).toBeGreaterThan(100);
});

it('has unit specs of one size, which know no server', () => {
  expect(SPECS.filter((spec) => DIFFERENT.test(readFileSync(spec, 'utf8')))).toEqual([]);
});
