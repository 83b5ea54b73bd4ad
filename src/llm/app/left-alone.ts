import { ModelError } from '../core/model-error.js';

/** `PROVIDER_UNAVAILABLE` without asking: its breaker is open until `retryAt`, in milliseconds since 1970. */
export function leftAlone(provider: string, retryAt: number | undefined): ModelError {
  const retryAfter = retryAt === undefined ? 1 : Math.max(1, Math.ceil((retryAt - Date.now()) / 1_000));
  return new ModelError(
    'server',
    'PROVIDER_UNAVAILABLE',
    `The provider ${provider} has failed too often and is left alone for a moment. Try again, or choose another provider.`,
    { retryAfter, details: { provider, retryAfter } },
  );
}
