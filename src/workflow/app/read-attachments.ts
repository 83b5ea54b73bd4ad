import { Injectable } from '@nestjs/common';
import { AppError, type Caller, type TurnRequest } from '../../kernel/index.js';
import { McpServers } from '../../tool/index.js';
import type { Attachment } from '../core/prompt.js';

/** UTF-16 code units that all attachments of a message have together. */
const MAX_CHARS = 100_000;

/** What was read for a message. */
interface ReadForMessage {
  readonly attachments: readonly Attachment[];
  readonly prompts: readonly Attachment[];
}

/** Reads what users attach to their messages, each with their own credential. */
@Injectable()
export class ReadAttachments {
  constructor(private readonly servers: McpServers) {}

  /** In their order; of one that cannot be read it is said why, which the model can tell the user. */
  async read(
    caller: Caller,
    { resources = [], prompts: chosen = [] }: Pick<TurnRequest, 'resources' | 'prompts'>,
  ): Promise<ReadForMessage> {
    const share = Math.floor(MAX_CHARS / Math.max(1, resources.length + chosen.length));
    const attached = resources.map((resource) =>
      attachment(`${resource.server}: ${resource.uri}`, this.servers.read(caller, resource, share)),
    );
    const prompts = chosen.map((prompt) =>
      attachment(`${prompt.server}: ${prompt.name}`, this.servers.prompt(caller, prompt, share)),
    );
    const [first, second] = await Promise.all([Promise.all(attached), Promise.all(prompts)]);
    return { attachments: first, prompts: second };
  }
}

async function attachment(title: string, reading: Promise<string>): Promise<Attachment> {
  try {
    return { title, content: await reading };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { title: `${title} (could not be read)`, content: error.message };
  }
}
