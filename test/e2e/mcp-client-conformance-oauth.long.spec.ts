import {
  clientConformanceOf,
  furtherClientScenarios,
  installConformance,
  requiredClientScenarios,
} from '../support/mcp-conformance.js';
import { isFullSize } from '../support/size.js';

/**
 * Checks that passed. The suite makes some of them for each request, so a client that asks more often has more: the one it comes
 * with has 345 of 2026-07-28. The host asks a server whom it trusts before it sends it a token.
 */
const CHECKS = { '2026-07-28': 405, '2025-11-25': 269 };

/** What the suite has beyond what is required, and why it is not built. */
const NOT_BUILT: Readonly<Record<string, string>> = {
  'auth/client-credentials-jwt': 'tokens without a person: every credential here is somebody’s',
  'auth/client-credentials-basic': 'the same',
  'auth/enterprise-managed-authorization':
    'tokens of an identity provider that this server does not know people by',
  'auth/wif-jwt-bearer': 'tokens of a workload, of which this server is none',
  'auth/dpop': 'tokens that are bound to a key; an extension that hardly anybody offers yet',
  'auth/dpop-nonce': 'the same',
};

/** In full size alone: its package is installed for it, from the registry. */
const suite = isFullSize ? describe : describe.skip;

suite('the conformance suite of the Model Context Protocol, of clients that log in', () => {
  beforeAll(installConformance, 240_000);

  it.each([
    ['2026-07-28', 25],
    ['2025-11-25', 14],
  ] as const)(
    'finds every check of %s',
    async (revision, count) => {
      const scenarios = [...(await requiredClientScenarios(revision))].filter((name) =>
        name.startsWith('auth/'),
      );
      expect(scenarios).toHaveLength(count);
      const found = [...(await clientConformanceOf(revision, scenarios)).values()];
      expect(found.flatMap(({ failed, warned, skipped }) => [...failed, ...warned, ...skipped])).toEqual([]);
      expect(found.reduce((sum, { passed }) => sum + passed, 0)).toBe(CHECKS[revision]);
    },
    480_000,
  );

  it('has nothing else of this but what is not built, each for a reason', async () => {
    const further = [...(await furtherClientScenarios('2026-07-28'))].filter((name) =>
      name.startsWith('auth/'),
    );
    expect(further.toSorted()).toEqual(Object.keys(NOT_BUILT).toSorted());
  }, 60_000);
});
