/** The way from this process to the database server, which all of its connections share: where one was lost, others may be. */
export class Link {
  private readonly members = new Set<() => void>();

  /** Calls back whenever idle connections should not be relied on. */
  join(dropIdle: () => void): void {
    this.members.add(dropIdle);
  }

  /** Says that a connection fell silent, broke, or led to a server that cannot be used. */
  suspect(): void {
    for (const dropIdle of this.members) dropIdle();
  }
}
