interface Member {
  /** What lies idle may be of no use. */
  readonly dropIdle: () => void;
  /** What lies idle is wanted elsewhere. */
  readonly yieldIdle?: (isStarving: boolean) => void;
}

/** The way from this process to the database server, which all of its connections share: where one was lost, others may be. */
export class PoolGroup {
  private readonly members = new Set<Member>();

  /** Tells the member whenever its idle connections should not be relied on, or are wanted by another one. */
  join(member: Member): void {
    this.members.add(member);
  }

  /** Says that a connection fell silent, broke, or led to a server that cannot be used. */
  suspect(): void {
    for (const { dropIdle } of this.members) dropIdle();
  }

  /**
   * Says that the server has no connection left to give, and whether whoever wants one has none at all: then one of those
   * in use is given up, too, when it comes back.
   */
  crowded(isStarving: boolean): void {
    for (const { yieldIdle } of this.members) yieldIdle?.(isStarving);
  }
}
