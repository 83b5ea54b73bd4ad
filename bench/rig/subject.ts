/** A server that is measured: Threadline, or what it is compared with. */
export interface Subject {
  /**
   * `gateway`: Threadline's `/v1`, which stores nothing but the bill; `naive`: a Nest server that stores nothing;
   * `direct`: the provider itself.
   */
  readonly name: 'threadline' | 'gateway' | 'pipe' | 'naive' | 'direct';
  readonly pid: number;
  readonly port: number;
}

/** Whether it asks a database, whose processor time then belongs to its own. */
export function hasDatabase({ name }: Subject): boolean {
  return name === 'threadline' || name === 'gateway';
}
