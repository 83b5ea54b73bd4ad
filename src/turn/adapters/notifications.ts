/** Payload: `<process>:<thread>,<thread>,…`. */
export const THREAD_LOG_CHANNEL = 'thread_log';
/** Payload: `<turn>:cancelled` or `<turn>:interrupted`. */
export const TURN_STOP_CHANNEL = 'turn_stop';
