/** Something that happened in a turn of an organisation, as other systems are told of it. It has ids, and nothing that was said. */
export interface Happening {
  readonly type: 'turn_waiting' | 'turn_ended' | 'run_ended';
  readonly org: string;
  readonly user: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The body of a delivery. */
export function bodyOf({ type, at, user, data }: Happening): string {
  return JSON.stringify({ type, timestamp: at, data: { ...data, userId: user } });
}
