import { streamError } from '../../platform/http/index.js';
import { toChunks, type Chunk, type Frame } from '../../stream/index.js';
import type { StreamItem } from '../app/resume.js';
import type { UserEventItem } from '../app/user-event.js';

/** What a batch is on the wire, kept on the batch itself: remembering it in a WeakMap costs as much as encoding it. */
const ENCODED = Symbol('encoded');
/** Batches differ for readers with different rights; their items are mostly the same. */
const encodedItems = new WeakMap<StreamItem, readonly Chunk[]>();
const LARGE_CHARS = 16_384;

/** What came together. Most readers of a thread receive the same batches, so each is encoded once. */
type Batch = readonly StreamItem[] & { [ENCODED]?: readonly Chunk[] };

/** A batch as it goes over the wire. */
export function encoded(batch: Batch): readonly Chunk[] {
  return (batch[ENCODED] ??= encode(batch));
}

/** An item as a frame: `{"type","data","timestamp"}`; only an event of the log has an id. */
export function toFrame(item: StreamItem | UserEventItem): Frame {
  if ('seq' in item) {
    // The data is JSON text already, encoded once when the event was written.
    return { id: item.seq, data: `{"type":"${item.type}","data":${item.data},"timestamp":"${item.at}"}` };
  }
  const { type, data, at } = item;
  return { data: JSON.stringify({ type, data, timestamp: at }) };
}

/** The last frame of a stream that breaks off; it has no id, so the client resumes where it was. */
export function errorFrames(error: unknown, requestId: string): readonly Frame[] {
  const data = streamError(error, requestId).toBody();
  return [{ data: JSON.stringify({ type: 'error', data, timestamp: new Date().toISOString() }) }];
}

function encode(batch: readonly StreamItem[]): readonly Chunk[] {
  if (!batch.some(isLarge)) return toChunks(batch.map(toFrame));
  return batch.flatMap((item) => (isLarge(item) ? encodedItem(item) : toChunks([toFrame(item)])));
}

function encodedItem(item: StreamItem): readonly Chunk[] {
  let chunks = encodedItems.get(item);
  if (chunks === undefined) encodedItems.set(item, (chunks = toChunks([toFrame(item)])));
  return chunks;
}

function isLarge(item: StreamItem): boolean {
  return 'seq' in item && item.data.length > LARGE_CHARS;
}
