import { pieceData, type LoggedEvent } from '../../src/log/core/logged-event.js';
import { type MemoryTurnEventLog } from '../doubles/memory-turn-event-log.js';

/** Pieces of an answer, stored in the log of `thread`. */
export function said(log: MemoryTurnEventLog, contents: readonly string[]): readonly LoggedEvent[] {
  const { events } = log.threads.get('thread')!;
  const more = contents.map((content, index): LoggedEvent => ({
    seq: events.length + index + 1,
    turnId: 't1',
    type: 'ai_response',
    data: pieceData('m1', content),
    at: '2026-01-02T03:04:05.678Z',
  }));
  events.push(...more);
  return more;
}
