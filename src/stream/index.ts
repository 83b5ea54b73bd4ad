export { toChunks, type Chunk } from './app/chunks.js';
export {
  asksForHeaders,
  SseConnections,
  type FrameSource,
  type SseOptions,
  type StreamReply,
  type WriteOptions,
} from './app/sse-connections.js';
export type { Frame, SseMessage } from './core/sse.js';
export { StreamModule } from './stream.module.js';
