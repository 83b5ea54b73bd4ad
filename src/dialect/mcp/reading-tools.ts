import type { McpServer } from '@modelcontextprotocol/server';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import {
  ListMessages,
  ListThreads,
  messagePosition,
  messagesPage,
  threadPosition,
  threadsPage,
} from '../../chat/index.js';
import { AppError, type Message } from '../../kernel/index.js';
import { SEARCH_MODES, SearchDocuments } from '../../rag/index.js';
import { threadIdFrom } from '../body-parts.js';
import { describedOnce } from './described-once.js';
import type { McpFeature, McpRequest } from './mcp-feature.js';
import { orFailed, outcome } from './tool-outcome.js';

const READ_ONLY = { readOnlyHint: true, idempotentHint: true, destructiveHint: false, openWorldHint: false };
const MAX_QUERY_CHARS = 10_000;

const cursor = z.string().max(1_000).optional().describe('`nextCursor` of the page before.');
const nextCursor = z.string().nullable().describe('Where the next page begins; null on the last one.');

const passage = z.object({
  chunkId: z.string(),
  documentId: z.string(),
  title: z.string(),
  content: z.string(),
  score: z.number(),
  page: z.number().optional(),
  offsets: z.object({ start: z.number(), end: z.number() }),
});

const thread = z.object({
  id: z.string(),
  title: z.string().nullable(),
  workflow: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

const message = z.object({
  id: z.string(),
  role: z.string(),
  content: z.string(),
  status: z.string(),
  turnId: z.string(),
  createdAt: z.string(),
});

const pageLimit = z.int().min(1).max(100).default(20);

const SEARCH = {
  inputSchema: describedOnce(
    z.object({
      query: z.string().regex(/\S/, { error: 'is empty' }).max(MAX_QUERY_CHARS),
      limit: z.int().min(1).max(50).default(8),
      mode: z.enum(SEARCH_MODES).default('hybrid'),
    }),
  ),
  outputSchema: describedOnce(z.object({ results: z.array(passage) })),
};

const LIST = {
  inputSchema: describedOnce(
    z.object({
      search: z.string().regex(/\S/, { error: 'is empty' }).max(500).optional(),
      limit: pageLimit,
      cursor,
    }),
  ),
  outputSchema: describedOnce(z.object({ threads: z.array(thread), nextCursor })),
};

const READ = {
  inputSchema: describedOnce(z.object({ threadId: z.string().max(100), limit: pageLimit, cursor })),
  outputSchema: describedOnce(z.object({ threadId: z.string(), messages: z.array(message), nextCursor })),
};

/** Searches and reads what the caller has here, with the caller's own permissions. */
@Injectable()
export class ReadingTools implements McpFeature {
  constructor(
    private readonly documents: SearchDocuments,
    private readonly threads: ListThreads,
    private readonly messages: ListMessages,
  ) {}

  register(server: McpServer, request: McpRequest): void {
    this.searchDocuments(server, request);
    this.listThreads(server, request);
    this.readThread(server, request);
  }

  private searchDocuments(server: McpServer, { caller }: McpRequest): void {
    server.registerTool(
      'search_documents',
      {
        title: 'Search documents',
        description:
          'Searches the passages of the documents that you may read, best first. `offsets` are where a passage stands in its document.',
        ...SEARCH,
        annotations: READ_ONLY,
      },
      (question) => orFailed(async () => outcome({ results: await this.documents.search(caller, question) })),
    );
  }

  private listThreads(server: McpServer, { caller }: McpRequest): void {
    server.registerTool(
      'list_threads',
      {
        title: 'List threads',
        description:
          'Lists your threads, those with the newest activity first, or those that match a search.',
        ...LIST,
        annotations: READ_ONLY,
      },
      ({ search, limit, cursor: from }) =>
        orFailed(async () => {
          const page = threadsPage(await this.threads.list(caller, limit, threadPosition(from), search));
          return outcome({ ...page, threads: page.threads.map((each) => thread.parse(each)) });
        }),
    );
  }

  private readThread(server: McpServer, { caller }: McpRequest): void {
    server.registerTool(
      'read_thread',
      {
        title: 'Read a thread',
        description:
          'Reads the newest messages of one of your threads, oldest first; `cursor` goes back from there.',
        ...READ,
        annotations: READ_ONLY,
      },
      ({ threadId, limit, cursor: from }) =>
        orFailed(async () => {
          const id = threadIdFrom(threadId);
          const position = messagePosition(from, undefined);
          const page = await this.messages.list(caller, id, 'desc', limit, position);
          if (page === undefined) throw new AppError('NOT_FOUND', 'There is no such thread.');
          const read = messagesPage(page, undefined);
          return outcome({ ...read, threadId: id, messages: told(page.messages) });
        }),
    );
  }
}

/** Messages as this wire shows them, oldest first; given newest first. */
export function told(messages: readonly Message[]): readonly z.output<typeof message>[] {
  return messages.toReversed().map((each) => message.parse(each));
}
