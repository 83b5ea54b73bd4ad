import { Injectable } from '@nestjs/common';
import { AppError, type AttachedResource, type Caller } from '../../kernel/index.js';
import { McpServers } from '../../tool/index.js';
import type { Attachment } from '../core/prompt.js';

/** UTF-16 code units that all attachments of a message have together. */
const MAX_CHARS = 100_000;

/** Reads what users attach to their messages, each with their own credential. */
@Injectable()
export class ReadAttachments {
  constructor(private readonly servers: McpServers) {}

  /** In their order; of one that cannot be read it is said why, which the model can tell the user. */
  async read(caller: Caller, resources: readonly AttachedResource[]): Promise<readonly Attachment[]> {
    const share = Math.floor(MAX_CHARS / Math.max(1, resources.length));
    return Promise.all(
      resources.map(async (resource) => {
        const title = `${resource.server}: ${resource.uri}`;
        try {
          return { title, content: await this.servers.read(caller, resource, share) };
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          return { title: `${title} (could not be read)`, content: error.message };
        }
      }),
    );
  }
}
