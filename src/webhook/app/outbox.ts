import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { bodyOf, type Happening } from '../core/happening.js';

/** Knows who is to be told of what. It asks nobody: the operator has said so in a file. */
@Injectable()
export class Outbox {
  private readonly onStored = new Set<() => void>();

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'webhooks'>) {}

  /** Whether anybody is told of anything. */
  get isUsed(): boolean {
    return this.config.webhooks.length > 0;
  }

  /** The deliveries that come of it, as the value of `writeDeliveries`; `undefined`: nobody is told. */
  rowsOf(happenings: readonly Happening[]): string | undefined {
    const rows = happenings.flatMap((happening) => {
      const told = this.config.webhooks.filter(
        ({ org, events }) => org === happening.org && events.includes(happening.type),
      );
      return told.map(({ name: webhook }) => ({
        ...{ id: newId(), webhook, org_id: happening.org, user_id: happening.user },
        ...{ type: happening.type, body: bodyOf(happening) },
      }));
    });
    return rows.length === 0 ? undefined : JSON.stringify(rows);
  }

  /** Some are stored: they need not wait for whoever looks for them. */
  stored(): void {
    for (const listener of this.onStored) listener();
  }

  /** Calls the listener when deliveries were stored by this process. */
  whenStored(listener: () => void): void {
    this.onStored.add(listener);
  }
}
