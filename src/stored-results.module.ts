import { Global, Module } from '@nestjs/common';
import { MESSAGE_STORE, ThreadModule, type MessageStore } from './thread/index.js';
import { STORED_RESULTS, type StoredResults } from './tool/index.js';

/** What the tools read of threads, which they do not know: the results of earlier calls. */
@Global()
@Module({
  imports: [ThreadModule],
  providers: [
    {
      provide: STORED_RESULTS,
      inject: [MESSAGE_STORE],
      useFactory: storedResultsOf,
    },
  ],
  exports: [STORED_RESULTS],
})
export class StoredResultsModule {}

/** The results that messages have. */
export function storedResultsOf(messages: MessageStore): StoredResults {
  return {
    read: (caller, threadId, callId, from, length) =>
      messages.resultOf(caller, threadId, callId, from, length),
  };
}
