import { createHash } from 'node:crypto';

/** What waits longest in its small size, which is why it begins first; sizes of files say little of that. */
const SLOWEST = [
  'e2e/rolling-upgrade',
  'e2e/database-connections',
  'e2e/database-as-it-is',
  'medium/embedded-postgres',
  'medium/embedded-postgres-owner',
  'e2e/provider-faults',
  'e2e/ticket-streams',
  'e2e/bystander',
  'e2e/kill',
  'e2e/effects',
  'e2e/waiting-kills',
  'e2e/replicas',
  'e2e/leaving',
  'e2e/provider-shapes',
  'medium/turn-queue-faults',
  'medium/llm-openai-family',
  'e2e/ingestion',
  'e2e/silent-link',
  'e2e/tool-permissions',
  'e2e/tool-stops',
  'e2e/backup',
];
/** What runs whole servers, then what needs a database, then the rest. */
const FOLDERS = ['/test/e2e/', '/test/medium/'];

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
  const slow = SLOWEST.findIndex((name) => path.endsWith(`/test/${name}.spec.ts`));
  if (slow >= 0) return slow;
  const folder = FOLDERS.findIndex((name) => path.includes(name));
  return SLOWEST.length + (folder >= 0 ? folder : FOLDERS.length);
}
