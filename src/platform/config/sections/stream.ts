import { duration, whole } from '../value-types.js';

/** Limits of event streams. */
export const streamVariables = {
  MAX_STREAMS_PER_USER: whole(1, 100_000).default(100).describe('open event streams per user'),
  STREAM_STALL_TIMEOUT: duration(100, 86_400_000)
    .prefault('60s')
    .describe('how long a stream may take nothing of what it is sent before it is closed'),
} as const;
