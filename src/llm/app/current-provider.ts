import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  SELECTED_PROVIDER_STORE,
  type SelectedProvider,
  type SelectedProviderStore,
} from '../ports/selected-provider.js';

/** The providers that administrators and operators selected, as this process last read them. */
@Injectable()
export class CurrentProvider implements OnModuleInit {
  private readonly logger = new Logger(CurrentProvider.name);
  private readonly byOrg = new Map<string, string>();
  private forAll: string | undefined;
  private asOf: Date | undefined;
  private reading = Promise.resolve();

  constructor(@Inject(SELECTED_PROVIDER_STORE) private readonly store: SelectedProviderStore) {}

  /** The names that were selected, for an organisation or for all; the first one that is configured counts. */
  names(org?: string): readonly string[] {
    const own = org === undefined ? undefined : this.byOrg.get(org);
    return [own, this.forAll].filter((name) => name !== undefined);
  }

  async onModuleInit(): Promise<void> {
    await this.store.onChanged(() => void this.refresh());
    await this.refresh();
  }

  /** Stores the selection for all processes; in this one it takes effect at once. */
  async select(selected: SelectedProvider): Promise<void> {
    await this.store.write(selected);
    this.apply(selected);
  }

  /** Reads follow one another, so that an older result never overwrites a newer one. */
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
