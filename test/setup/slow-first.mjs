import { createHash } from 'node:crypto';

/** What takes longest, which is why it begins first; sizes of files say little of that. */
const SLOWEST = [
  'e2e/tool-kills.long',
  'e2e/bystander.long',
  'medium/embedded-postgres-owner.long',
  'e2e/rolling-upgrade.long',
  'e2e/rolling-upgrade-calls.long',
  'e2e/provider-faults',
  'e2e/database-as-it-is.long',
  'e2e/database-connections.long',
  'e2e/tool-hand-over.long',
  'e2e/kill.long',
  'e2e/tool-permissions',
  'medium/job-queue',
  'e2e/isolation-routes',
  'e2e/crash',
  'medium/auth-keys',
  'medium/turn-queue',
  'medium/rag-ingestion',
  'medium/migrations',
  'e2e/provider-shapes',
  'e2e/message-search',
  'scrape-web-content/page-reader',
  'e2e/token-end',
  'e2e/edge-streams',
  'e2e/waiting-turns',
  'medium/usage-ledger',
  'medium/database',
  'e2e/npm-start',
  'scrape-web-content/scrape-web-content',
];
/** What takes long, what runs whole servers, then what needs a database, then the rest. */
const KINDS = ['.long.spec.ts', '/test/e2e/', '/test/medium/'];

/**
 * The order of a run's files: the one that takes longest does not come last, when the other workers have nothing to do. With
 * `TEST_ORDER=<anything>` it is an order of chance, the same for the same word: none may need what ran before it.
 */
export default class SlowFirst {
  sort(tests) {
    const word = process.env['TEST_ORDER'];
    if (word !== undefined)
      return tests.toSorted((left, right) => (drawn(word, left.path) < drawn(word, right.path) ? -1 : 1));
    return tests.toSorted((left, right) => rank(left.path) - rank(right.path));
  }

  shard(tests, { shardIndex, shardCount }) {
    return tests.filter((_, index) => index % shardCount === shardIndex - 1);
  }

  /** For `--onlyFailures`, of which nothing is kept. */
  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}

const drawn = (word, path) => createHash('sha256').update(`${word} ${path}`).digest('hex');

function rank(path) {
  const slow = SLOWEST.findIndex((name) => path.endsWith(`/${name}.spec.ts`));
  if (slow >= 0) return slow;
  const kind = KINDS.findIndex((name) => path.includes(name));
  return SLOWEST.length + (kind >= 0 ? kind : KINDS.length);
}
