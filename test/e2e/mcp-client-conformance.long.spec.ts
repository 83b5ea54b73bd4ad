import {
  clientConformanceOf,
  installConformance,
  requiredClientScenarios,
  type Scenario,
} from '../support/mcp-conformance.js';

/** All that a client can pass without OAuth. */
const CHECKS_2026 = 55;
const CHECKS_2025 = 11;

/** What the suite would look at if the host did it. */
const NEVER_DONE = [
  // This revision has neither.
  'Client sends correct Mcp-Method header on initialize request',
  'Client sends correct Mcp-Method header on notifications/initialized request',
];

const withoutOAuth = async (revision: string) =>
  [...(await requiredClientScenarios(revision))].filter((name) => !name.startsWith('auth/'));
const passedIn = (found: ReadonlyMap<string, Scenario>) =>
  [...found.values()].reduce((sum, { passed }) => sum + passed, 0);
const failedIn = (found: ReadonlyMap<string, Scenario>) =>
  [...found.values()].flatMap(({ failed }) => failed);

/** Its package is installed for it, from the registry. */
describe('the conformance suite of the Model Context Protocol, of clients', () => {
  beforeAll(installConformance, 240_000);

  it('finds every check of 2026-07-28 that needs no OAuth, of what the host does', async () => {
    const scenarios = await withoutOAuth('2026-07-28');
    expect(scenarios).toHaveLength(7);
    const found = await clientConformanceOf('2026-07-28', scenarios);
    expect(failedIn(found)).toEqual([]);
    expect([...found.values()].flatMap(({ skipped }) => skipped).sort()).toEqual(NEVER_DONE.toSorted());
    expect(passedIn(found)).toBe(CHECKS_2026);
  }, 240_000);

  it('finds every check of 2025-11-25 that needs no OAuth', async () => {
    const scenarios = await withoutOAuth('2025-11-25');
    expect(scenarios).toHaveLength(4);
    const found = await clientConformanceOf('2025-11-25', scenarios);
    expect(failedIn(found)).toEqual([]);
    expect(passedIn(found)).toBe(CHECKS_2025);
  }, 240_000);

  it('finds that schemas of tools stay as they are, which came after the revision', async () => {
    const found = await clientConformanceOf('2026-07-28', ['json-schema-2020-12-preservation']);
    expect(failedIn(found)).toEqual([]);
    expect(passedIn(found)).toBe(9);
  }, 60_000);
});
