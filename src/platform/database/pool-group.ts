interface Member {
  /** The idle connections may be unusable. */
  readonly dropIdle: () => void;
  /** Idle connections are needed by another pool. */
  readonly releaseIdle?: (isStarving: boolean) => void;
}

/** The pools of this process that connect to one server: if one connection was lost, others may be as well. */
export class PoolGroup {
  private readonly members = new Set<Member>();

  /** Adds a pool, which is told when its idle connections may be unusable, or are needed by another pool. */
  join(member: Member): void {
    this.members.add(member);
  }

  /** Reports that a connection timed out, broke, or led to an unusable server. */
  reportLost(): void {
    for (const { dropIdle } of this.members) dropIdle();
  }

  /**
   * Reports that the server has no connection left, and whether the pool in need has none at all: then a connection in
   * use is released as well, when its work is done.
   */
  reportExhausted(isStarving: boolean): void {
    for (const { releaseIdle } of this.members) releaseIdle?.(isStarving);
  }
}
