import { Global, Module } from '@nestjs/common';
import { newId } from './kernel/index.js';
import {
  MESSAGE_STORE,
  RESULT_PARTS,
  ThreadModule,
  type MessageStore,
  type ResultParts,
} from './thread/index.js';
import { MAX_STORED_BYTES, STORED_RESULTS, type StoredResults } from './tool/index.js';

/** What the tools have of threads, which they do not know: the results of calls. */
@Global()
@Module({
  imports: [ThreadModule],
  providers: [
    {
      provide: STORED_RESULTS,
      inject: [MESSAGE_STORE, RESULT_PARTS],
      useFactory: storedResultsOf,
    },
  ],
  exports: [STORED_RESULTS],
})
export class StoredResultsModule {}

/** The results that messages have, and what is stored beside them. */
export function storedResultsOf(messages: Pick<MessageStore, 'resultOf'>, parts: ResultParts): StoredResults {
  return {
    read: (caller, threadId, callId, from, length) =>
      messages.resultOf(caller, threadId, callId, from, length),
    async keep(writer, callId, contents) {
      const own = contents.map((content) => ({ id: newId(), ...content }));
      if (!(await parts.keep(writer, callId, own, MAX_STORED_BYTES))) return undefined;
      return own.map(({ id, content }) => ({
        url: `/chat/threads/${writer.threadId}/parts/${id}`,
        size: 'text' in content ? Buffer.byteLength(content.text) : Buffer.byteLength(content.data, 'base64'),
      }));
    },
    async contentAt(caller, threadId, url, maxBytes) {
      const [, thread, id] = PART_URL.exec(url) ?? [];
      if (id === undefined || thread !== threadId) return undefined;
      const part = await parts.open(caller, threadId, id);
      if (part === undefined || part.size > maxBytes) return undefined;
      const pieces: Uint8Array[] = [];
      for await (const piece of part.pieces()) pieces.push(piece);
      return Buffer.concat(pieces).toString('base64');
    },
  };
}

/** The route of `chat` that serves parts. */
const PART_URL = /^\/chat\/threads\/([\da-f-]{36})\/parts\/([\da-f-]{36})$/;
