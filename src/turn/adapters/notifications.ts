/** Payload: `<process>:<thread>,<thread>,…`. */
export const THREAD_LOG_CHANNEL = 'thread_log';
/** Payload: the turn's id. */
export const TURN_CANCEL_CHANNEL = 'turn_cancel';
