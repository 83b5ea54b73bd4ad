import { Injectable, Logger } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { ModelDirectory } from './model-directory.js';

/** For whom a provider is selected: the caller's organisation, or every organisation without a selection of its own. */
export type SelectionScope = 'org' | 'all';

/** Makes a provider the one that is asked when a request names none. */
@Injectable()
export class SelectProvider {
  private readonly logger = new Logger(SelectProvider.name);

  constructor(private readonly directory: ModelDirectory) {}

  /**
   * Takes a name or an alias and returns the provider's own name. Throws `FORBIDDEN` if the caller may not select for
   * the scope, `UNKNOWN_PROVIDER` or `PROVIDER_NOT_CONFIGURED`.
   */
  async select(caller: Caller, name: string, scope: SelectionScope): Promise<string> {
    const role = scope === 'all' ? 'operator' : 'admin';
    if (!caller.roles.includes(role)) {
      throw new AppError('FORBIDDEN', `Selecting for ${WHOM[scope]} is for callers with the role ${role}.`);
    }
    const provider = await this.directory.select(name, scope === 'all' ? undefined : caller.org);
    this.logger.log({ provider, scope, user: caller.id, org: caller.org }, 'Another provider was selected.');
    return provider;
  }
}

const WHOM = { all: 'every organisation', org: 'an organisation' } as const;
