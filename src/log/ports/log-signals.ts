/** Injection token of {@link LogSignals}. */
export const LOG_SIGNALS = Symbol('LogSignals');

/** Wake-ups between processes. They carry no data and may be lost or doubled: whoever is woken reads by cursor. */
export interface LogSignals {
  /** Calls back with the thread whose log grew in another process, or with nothing when any may have. */
  onAppended(wake: (threadId: string | undefined) => void): Promise<void>;
}
