import { Module } from '@nestjs/common';
import { SseConnections } from './app/sse-connections.js';

/** Streams of server-sent events, whatever they carry. */
@Module({ providers: [SseConnections], exports: [SseConnections] })
export class StreamModule {}
