import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  SELECTED_PROVIDER_STORE,
  type SelectedProvider,
  type SelectedProviderStore,
} from '../ports/selected-provider.js';

/** What administrators and operators selected, as this process last heard of it. */
@Injectable()
export class CurrentProvider implements OnModuleInit {
  private readonly logger = new Logger(CurrentProvider.name);
  private readonly byOrg = new Map<string, string>();
  private forAll: string | undefined;
  private asOf: Date | undefined;
  private reading = Promise.resolve();

  constructor(@Inject(SELECTED_PROVIDER_STORE) private readonly store: SelectedProviderStore) {}

  /** The names to go by for an organisation, or for no one in particular: the first that is configured counts. */
  names(org?: string): readonly string[] {
    const own = org === undefined ? undefined : this.byOrg.get(org);
    return [own, this.forAll].filter((name) => name !== undefined);
  }

  async onModuleInit(): Promise<void> {
    await this.store.onChanged(() => void this.refresh());
    await this.refresh();
  }

  /** Keeps the choice for all processes; here it counts at once. */
  async select(selected: SelectedProvider): Promise<void> {
    await this.store.write(selected);
    this.apply(selected);
  }

  /** One read after the other, so that an older answer never stands over a newer one. */
  private refresh(): Promise<void> {
    this.reading = this.reading.then(async () => {
      try {
        const { selected, asOf } = await this.store.read(this.asOf);
        selected.forEach((one) => this.apply(one));
        this.asOf = asOf;
      } catch (error) {
        this.logger.warn({ err: error }, 'The selected providers could not be read; keeping what was known.');
      }
    });
    return this.reading;
  }

  private apply({ org, provider }: SelectedProvider): void {
    if (org === undefined) this.forAll = provider;
    else this.byOrg.set(org, provider);
  }
}
