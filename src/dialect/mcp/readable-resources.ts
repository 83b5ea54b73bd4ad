import {
  ResourceNotFoundError,
  ResourceTemplate,
  type McpServer,
  type ReadResourceResult,
  type Resource,
  type ServerEvent,
  type Variables,
} from '@modelcontextprotocol/server';
import { Injectable } from '@nestjs/common';
import { FollowUser, ListMessages, ListThreads } from '../../chat/index.js';
import type { Caller } from '../../kernel/index.js';
import { ListDocuments, ReadDocument } from '../../rag/index.js';
import { asId } from '../body-parts.js';
import { told } from './reading-tools.js';
import { followThreads } from './follow-threads.js';
import type { McpFeature, McpRequest } from './mcp-feature.js';
import { THREADS, threadUri } from './thread-uri.js';

/** What a list shows: clients put all of it into a menu. The tools go through everything. */
const LISTED = 100;
const MESSAGES = 100;

const DOCUMENTS = 'threadline://documents/{id}';

/** The caller's threads and the documents that the caller may read, as resources. */
@Injectable()
export class ReadableResources implements McpFeature {
  constructor(
    private readonly threads: ListThreads,
    private readonly messages: ListMessages,
    private readonly listDocuments: ListDocuments,
    private readonly readDocument: ReadDocument,
    private readonly followUser: FollowUser,
  ) {}

  register(server: McpServer, request: McpRequest): void {
    this.registerThreads(server, request);
    this.registerDocuments(server, request);
  }

  follow(caller: Caller, changed: (event: ServerEvent) => void): () => void {
    const controller = new AbortController();
    // Without the database nothing can be heard; the client's stream stays open, and it may read its lists at any time.
    void followThreads(this.followUser, caller, changed, controller.signal).catch(() => undefined);
    return () => controller.abort();
  }

  private registerThreads(server: McpServer, { caller }: McpRequest): void {
    const list = async () => {
      const { threads } = await this.threads.list(caller, LISTED, undefined, undefined);
      return {
        resources: threads.map(({ id, title }) =>
          entry(threadUri(id), title ?? 'Untitled', 'application/json'),
        ),
      };
    };
    server.registerResource(
      'thread',
      new ResourceTemplate(THREADS, { list, complete: { id: completing(list) } }),
      {
        title: 'Thread',
        description: `The newest ${MESSAGES} messages of a thread of yours.`,
        mimeType: 'application/json',
      },
      async (uri, variables): Promise<ReadResourceResult> => {
        const id = idIn(variables);
        const page = id && (await this.messages.list(caller, id, 'desc', MESSAGES, undefined));
        if (!page) throw new ResourceNotFoundError(uri.href);
        const text = JSON.stringify({ threadId: id, messages: told(page.messages) });
        return { contents: [{ uri: uri.href, mimeType: 'application/json', text }] };
      },
    );
  }

  private registerDocuments(server: McpServer, { caller }: McpRequest): void {
    const list = async () => {
      const { documents } = await this.listDocuments.list(caller, LISTED, undefined);
      return {
        resources: documents.map(({ id, title, contentType }) =>
          entry(DOCUMENTS.replace('{id}', id), title, contentType),
        ),
      };
    };
    server.registerResource(
      'document',
      new ResourceTemplate(DOCUMENTS, { list, complete: { id: completing(list) } }),
      { title: 'Document', description: 'The text of a document that you may read.' },
      async (uri, variables): Promise<ReadResourceResult> => {
        const id = idIn(variables);
        const document = id && (await this.readDocument.read(caller, id));
        if (!document) throw new ResourceNotFoundError(uri.href);
        return { contents: [{ uri: uri.href, mimeType: document.contentType, text: document.content }] };
      },
    );
  }
}

function entry(uri: string, name: string, mimeType: string): Resource {
  return { uri, name, mimeType };
}

function idIn({ id }: Variables): string | undefined {
  return typeof id === 'string' ? asId(id) : undefined;
}

/** The ids of what is listed that begin with what was typed. */
function completing(list: () => Promise<{ readonly resources: readonly Resource[] }>) {
  return async (typed: string): Promise<string[]> => {
    const { resources } = await list();
    return resources
      .map(({ uri }) => uri.slice(uri.lastIndexOf('/') + 1))
      .filter((id) => id.startsWith(typed));
  };
}
