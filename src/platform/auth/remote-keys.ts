import { createRemoteJWKSet, customFetch, type FetchImplementation, type RemoteJWKSet } from 'jose';

const TIMEOUT_MS = 5_000;
const MISSING_KEY_COOLDOWN_MS = 30_000;
const FAILURE_COOLDOWN_MS = 2_000;
const MAX_AGE_MS = 600_000;

/** The keys could not be fetched: nothing is known about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * The published keys of an issuer: kept for ten minutes, fetched at most every thirty seconds for a key that is
 * not among them, and not asked for again within two seconds of a failure, so that bad tokens cannot be used to
 * flood the issuer. Throws {@link KeysUnavailable} when they cannot be fetched.
 */
export function remoteKeys(address: string): RemoteJWKSet {
  return createRemoteJWKSet(new URL(address), {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: MISSING_KEY_COOLDOWN_MS,
    cacheMaxAge: MAX_AGE_MS,
    [customFetch]: carefulFetch(address),
  });
}

function carefulFetch(address: string): FetchImplementation {
  let quietUntil = 0;
  return async (url, options) => {
    if (Date.now() < quietUntil) throw new KeysUnavailable(`${address} failed a moment ago`);
    try {
      const response = await fetch(url, options);
      if (response.status === 200) return response;
      throw new Error(`it answered ${response.status}`);
    } catch (error) {
      quietUntil = Date.now() + FAILURE_COOLDOWN_MS;
      throw new KeysUnavailable(`the keys at ${address} could not be fetched`, { cause: error });
    }
  };
}
