import { EgressError, type GuardedAnswer } from '../../../platform/egress/index.js';
import { PageProblem } from './page.js';
import { mayFetch, robotsRules, type RobotsRule } from './robots-rules.js';

/** The name by which sites address this server in their robots.txt. */
export const PRODUCT = 'Threadline';

const KEPT_MS = 10 * 60_000;
const MAX_SITES = 200;
/** Characters of all patterns that are kept, and what a rule takes besides. */
const MAX_KEPT_CHARS = 4_000_000;
const RULE_CHARS = 50;

interface Kept {
  readonly rules: readonly RobotsRule[];
  readonly chars: number;
  readonly until: number;
}

/** Gets the robots.txt at an address. */
export type FetchRobots = (url: string, signal: AbortSignal) => Promise<GuardedAnswer>;

/** Knows which pages sites let programs fetch, for some minutes each. */
export class RobotsGate {
  /** By origin, the oldest first. */
  private readonly sites = new Map<string, Kept>();
  private chars = 0;

  constructor(
    private readonly fetchRobots: FetchRobots,
    private readonly now: () => number = Date.now,
  ) {}

  /** Throws a {@link PageProblem} for a page that its site does not let programs fetch, or of which it cannot say so. */
  async check(url: URL, signal: AbortSignal): Promise<void> {
    const rules = this.keptOf(url.origin) ?? (await this.rulesOf(url.origin, signal));
    if (await mayFetch(rules, url.pathname + url.search)) return;
    throw new PageProblem('The site does not let programs fetch this page: its robots.txt refuses it.');
  }

  private keptOf(origin: string): readonly RobotsRule[] | undefined {
    const kept = this.sites.get(origin);
    if (kept === undefined) return undefined;
    if (kept.until > this.now()) return kept.rules;
    this.forget(origin, kept);
    return undefined;
  }

  private async rulesOf(origin: string, signal: AbortSignal): Promise<readonly RobotsRule[]> {
    const { status, body } = await this.answerOf(origin, signal);
    // RFC 9309: what is not there refuses nothing, and what cannot be read refuses everything.
    if (status >= 500) {
      throw new PageProblem(
        `The page is not fetched: the site's robots.txt cannot be read (status ${status}).`,
      );
    }
    const rules =
      status >= 200 && status < 300 ? await robotsRules(new TextDecoder().decode(body), PRODUCT) : [];
    this.keep(origin, rules);
    return rules;
  }

  private async answerOf(origin: string, signal: AbortSignal): Promise<{ status: number; body: Buffer }> {
    try {
      return await this.fetchRobots(`${origin}/robots.txt`, signal);
    } catch (error) {
      // One that redirects without end, or to where nothing may be fetched, is as good as none.
      if (error instanceof EgressError && error.rule === 'redirects')
        return { status: 404, body: Buffer.alloc(0) };
      throw error;
    }
  }

  private keep(origin: string, rules: readonly RobotsRule[]): void {
    const before = this.sites.get(origin);
    if (before !== undefined) this.forget(origin, before);
    const chars = rules.reduce((sum, { pattern }) => sum + pattern.length + RULE_CHARS, 0);
    this.sites.set(origin, { rules, chars, until: this.now() + KEPT_MS });
    this.chars += chars;
    for (const [oldest, kept] of this.sites) {
      if (this.sites.size <= MAX_SITES && this.chars <= MAX_KEPT_CHARS) break;
      this.forget(oldest, kept);
    }
  }

  private forget(origin: string, { chars }: Kept): void {
    this.sites.delete(origin);
    this.chars -= chars;
  }
}
