/** Injection token of the {@link SelectedProviderStore}. */
export const SELECTED_PROVIDER_STORE = Symbol('SelectedProviderStore');

/** The provider that an administrator chose to be asked when a request names none: one for all processes. */
export interface SelectedProviderStore {
  read(): Promise<string | undefined>;
  /** Keeps the choice and tells every process. */
  write(provider: string): Promise<void>;
  /** Calls back when the choice may have changed, whoever changed it. */
  onChanged(changed: () => void): Promise<void>;
}
