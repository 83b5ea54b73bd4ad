import { Module } from '@nestjs/common';
import { PostgresMessageIndex } from './adapters/postgres-message-index.js';
import { PostgresMessageStore } from './adapters/postgres-message-store.js';
import { PostgresResultParts } from './adapters/postgres-result-parts.js';
import { PostgresThreadStore } from './adapters/postgres-thread-store.js';
import { IndexMessages } from './app/index-messages.js';
import { ListThreads } from './app/list-threads.js';
import { MESSAGE_INDEX } from './ports/message-index.js';
import { MESSAGE_STORE } from './ports/message-store.js';
import { RESULT_PARTS } from './ports/result-parts.js';
import { THREAD_STORE } from './ports/thread-store.js';

/** Threads and their messages, and the index they are searched by. Needs the global Database. */
@Module({
  providers: [
    { provide: THREAD_STORE, useClass: PostgresThreadStore },
    { provide: MESSAGE_STORE, useClass: PostgresMessageStore },
    { provide: RESULT_PARTS, useClass: PostgresResultParts },
    { provide: MESSAGE_INDEX, useClass: PostgresMessageIndex },
    IndexMessages,
    ListThreads,
  ],
  exports: [THREAD_STORE, MESSAGE_STORE, RESULT_PARTS, ListThreads],
})
export class ThreadModule {}
