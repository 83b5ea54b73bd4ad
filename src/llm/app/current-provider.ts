import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { SELECTED_PROVIDER_STORE, type SelectedProviderStore } from '../ports/selected-provider.js';

/** What an administrator selected, as this process last heard of it. */
@Injectable()
export class CurrentProvider implements OnModuleInit {
  private readonly logger = new Logger(CurrentProvider.name);
  private selected: string | undefined;
  private reading = Promise.resolve();

  constructor(@Inject(SELECTED_PROVIDER_STORE) private readonly store: SelectedProviderStore) {}

  /** The selected provider's name, or `undefined` when nobody has selected one. */
  get name(): string | undefined {
    return this.selected;
  }

  async onModuleInit(): Promise<void> {
    await this.store.onChanged(() => void this.refresh());
    await this.refresh();
  }

  /** Keeps the choice for all processes; here it counts at once. */
  async select(provider: string): Promise<void> {
    await this.store.write(provider);
    this.selected = provider;
  }

  /** One read after the other, so that an older answer never stands over a newer one. */
  private refresh(): Promise<void> {
    this.reading = this.reading.then(async () => {
      try {
        this.selected = await this.store.read();
      } catch (error) {
        this.logger.warn({ err: error }, 'The selected provider could not be read; keeping what was known.');
      }
    });
    return this.reading;
  }
}
