/** Injection token of the {@link SelectedProviderStore}. */
export const SELECTED_PROVIDER_STORE = Symbol('SelectedProviderStore');

/** A provider that was selected for requests that name none. */
export interface SelectedProvider {
  /** The organisation; `undefined` for every organisation without a selection of its own. */
  readonly org: string | undefined;
  readonly provider: string;
}

/** Selections, and the store's time at which they were read. */
export interface SelectedProviders {
  readonly selected: readonly SelectedProvider[];
  readonly asOf: Date;
}

/** The selections of administrators and operators, shared by all processes. */
export interface SelectedProviderStore {
  /** Every selection, or those that may have changed since. */
  read(since: Date | undefined): Promise<SelectedProviders>;
  /** Stores the selection and notifies every process. */
  write(selected: SelectedProvider): Promise<void>;
  /** Calls back when a selection may have changed in any process. */
  onChanged(changed: () => void): Promise<void>;
}
