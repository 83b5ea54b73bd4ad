import { Module } from '@nestjs/common';
import { SseConnections } from './app/sse-connections.js';
import { StreamMetrics } from './app/stream-metrics.js';

/** Streams of server-sent events, whatever they carry. */
@Module({ providers: [SseConnections, StreamMetrics], exports: [SseConnections] })
export class StreamModule {}
