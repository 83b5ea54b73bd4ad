import { ThreadsAndTurns1790000000001 } from './1790000000001-threads-and-turns.js';
import { Rag1790000000002 } from './1790000000002-rag.js';
import { StreamTickets1790000000003 } from './1790000000003-stream-tickets.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [
  ThreadsAndTurns1790000000001,
  Rag1790000000002,
  StreamTickets1790000000003,
] as const;
