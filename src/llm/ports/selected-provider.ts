/** Injection token of the {@link SelectedProviderStore}. */
export const SELECTED_PROVIDER_STORE = Symbol('SelectedProviderStore');

/** A provider that was chosen to be asked when a request names none. */
export interface SelectedProvider {
  /** Whose requests; `undefined` for those of every organisation without a choice of its own. */
  readonly org: string | undefined;
  readonly provider: string;
}

/** Choices, and the time of the store's clock at which they were read. */
export interface SelectedProviders {
  readonly selected: readonly SelectedProvider[];
  readonly asOf: Date;
}

/** The choices of administrators and operators: the same for all processes. */
export interface SelectedProviderStore {
  /** Every choice, or those that may have changed since. */
  read(since: Date | undefined): Promise<SelectedProviders>;
  /** Keeps the choice and tells every process. */
  write(selected: SelectedProvider): Promise<void>;
  /** Calls back when a choice may have changed, whoever changed it. */
  onChanged(changed: () => void): Promise<void>;
}
