import { globSync, readFileSync } from 'node:fs';

/** What takes seconds of processor time or of waiting, each time: processes of the server, servers of a spec's own, scenarios. */
const TAKES_LONG =
  /\b(startServerProcess|Cluster\.start|waitingCluster|startByNpm|startPostgresServer|startNginx|startPgbouncer|startHolder)\b|from '\.\.\/chaos\/(?!checks|effects-|outcome|random|stored|tool-call-checks)/;

/** What every run has of it: the promises that are worth it. */
const IN_EVERY_RUN = [
  // A crash loses nothing and begins the answer again; Postgres may crash, too.
  'test/e2e/crash.spec.ts',
  // What a user starts, and that it ends with what was started.
  'test/e2e/npm-start.spec.ts',
  // A turn that waits for a person outlives every process.
  'test/e2e/waiting-turns.spec.ts',
];

const LONG = globSync('test/**/*.long.spec.ts');

it('is long what starts processes and servers of its own, but for what every run has', () => {
  const others = globSync('test/{e2e,medium}/*.spec.ts').filter((file) => !LONG.includes(file));
  expect(others.filter((file) => TAKES_LONG.test(readFileSync(file, 'utf8'))).toSorted()).toEqual(
    IN_EVERY_RUN,
  );
});

it('has long specs in test/ alone, where CI runs them', () => {
  expect(LONG.length).toBeGreaterThan(30);
  expect(globSync('{src,migrations,bench}/**/*.long.spec.ts')).toEqual([]);
});
