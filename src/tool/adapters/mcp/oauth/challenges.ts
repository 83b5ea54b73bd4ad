import type { Person } from '../../../../kernel/index.js';
import type { EgressFetch } from '../../../../platform/egress/index.js';
import type { ServerTarget } from '../../../ports/tool-servers.js';

const MAX_KEPT = 5_000;
const MAX_LENGTH = 2_000;
/** RFC 6749, 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** What a server has said when it refused a request: what it wants, and where it says of itself who may give it. */
export interface Challenge {
  readonly scope: string | undefined;
  readonly saidAt: string | undefined;
  /** The token was right, and is not enough. */
  readonly isForMore: boolean;
}

/** What servers have said to requests of people that they refused, as far as this process has heard. */
export class Challenges {
  private readonly kept = new Map<string, Challenge>();

  constructor(
    private readonly onMoreWanted: (person: Person, target: ServerTarget, scope: string) => Promise<void>,
  ) {}

  /** The last one, of the server as the person reaches it now. */
  of(person: Person, target: ServerTarget): Challenge | undefined {
    return this.kept.get(keyOf(person, target));
  }

  /** Reads along what the server answers. */
  watch(person: Person, target: ServerTarget, fetch: EgressFetch): EgressFetch {
    return async (address, init) => {
      const response = await fetch(address, init);
      if (response.status === 401 || response.status === 403) {
        const challenge = await challengeOf(response);
        if (challenge !== undefined) await this.keep(person, target, challenge);
      }
      return response;
    };
  }

  private async keep(person: Person, target: ServerTarget, challenge: Challenge): Promise<void> {
    const key = keyOf(person, target);
    this.kept.delete(key);
    this.kept.set(key, challenge);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
    const { isForMore, scope } = challenge;
    // What is asked for in the middle of a call may be given by way of another process.
    if (isForMore && scope !== undefined)
      await this.onMoreWanted(person, target, scope).catch(() => undefined);
  }
}

async function challengeOf(response: Response): Promise<Challenge | undefined> {
  const { extractWWWAuthenticateParams } = await import('@modelcontextprotocol/client');
  const { scope, resourceMetadataUrl, error } = extractWWWAuthenticateParams(response);
  const isForMore = response.status === 403 && error === 'insufficient_scope';
  if (response.status === 403 && !isForMore) return undefined;
  return {
    scope: scope !== undefined && scope.length <= MAX_LENGTH && SCOPE.test(scope) ? scope : undefined,
    saidAt: (resourceMetadataUrl?.href.length ?? 0) > MAX_LENGTH ? undefined : resourceMetadataUrl?.href,
    isForMore,
  };
}

function keyOf({ org, id }: Person, { name, endpoint, grant }: ServerTarget): string {
  return JSON.stringify([org, id, name, endpoint.transport === 'http' ? endpoint.url : '', grant]);
}
