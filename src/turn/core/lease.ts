/** How long a turn stays with a process that no longer says it is alive. */
export const LEASE_SECONDS = 10;

/** How often a process says that it is alive, and looks for turns of others that are not. */
export const HEARTBEAT_MS = 2_500;
