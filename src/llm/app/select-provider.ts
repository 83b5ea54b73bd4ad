import { Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { ModelDirectory } from './model-directory.js';

/** Makes a provider the one that is asked when a request names none. */
@Injectable()
export class SelectProvider {
  private readonly logger = new Logger(SelectProvider.name);

  constructor(private readonly directory: ModelDirectory) {}

  /** By name or alias; answers its own name. Throws `UNKNOWN_PROVIDER` or `PROVIDER_NOT_CONFIGURED`. */
  async select(caller: Caller, name: string): Promise<string> {
    const provider = await this.directory.select(name);
    this.logger.log({ provider, user: caller.id, org: caller.org }, 'Another provider was selected.');
    return provider;
  }
}
