interface Member {
  /** What lies idle may be of no use. */
  readonly dropIdle: () => void;
  /** What lies idle is wanted elsewhere. */
  readonly yieldIdle?: () => void;
}

/** The way from this process to the database server, which all of its connections share: where one was lost, others may be. */
export class Link {
  private readonly members = new Set<Member>();

  /** Tells the member whenever its idle connections should not be relied on, or are wanted by another one. */
  join(member: Member): void {
    this.members.add(member);
  }

  /** Says that a connection fell silent, broke, or led to a server that cannot be used. */
  suspect(): void {
    for (const { dropIdle } of this.members) dropIdle();
  }

  /** Says that the server has no connection left to give. */
  crowded(): void {
    for (const { yieldIdle } of this.members) yieldIdle?.();
  }
}
