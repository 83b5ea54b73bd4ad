/** Injection token of {@link Peers}. */
export const PEERS = Symbol('Peers');

/** The processes that share the database. */
export interface Peers {
  /** Says that this process is there, and whether it runs turns. */
  seen(runsTurns: boolean): Promise<void>;
  /** Says that this process is leaving: nobody hands it anything any more. */
  leave(): Promise<void>;
  /** Whether another process that runs turns is there: it lives, and was seen lately. */
  othersRunTurns(): Promise<boolean>;
  /** The same for any process, also one that only serves. */
  othersAreThere(): Promise<boolean>;
}
