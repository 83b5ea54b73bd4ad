import { toAppError } from '../../kernel/index.js';
import type { Frame } from '../../stream/index.js';
import type { StreamItem } from '../app/resume.js';

/** An item as a frame: `{"type","data","timestamp"}`; only an event of the log has an id. */
export function toFrame(item: StreamItem): Frame {
  if ('seq' in item) {
    // The data is JSON text already, encoded once when the event was written.
    return { id: item.seq, data: `{"type":"${item.type}","data":${item.data},"timestamp":"${item.at}"}` };
  }
  const { type, data, at } = item;
  return { data: JSON.stringify({ type, data, timestamp: at }) };
}

/** What a client is told when its stream breaks off; it carries no id, so the client resumes where it was. */
export function errorFrames(error: unknown): readonly Frame[] {
  const data = toAppError(error).toBody();
  return [{ data: JSON.stringify({ type: 'error', data, timestamp: new Date().toISOString() }) }];
}
