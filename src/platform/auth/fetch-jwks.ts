import { parseJwks, type VerificationKey } from './jwks.js';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_048_576;

/**
 * Fetches the published keys. Throws with a message if there are none within five seconds: any other response (a page,
 * a redirect, an endless body) is the issuer's failure, and says nothing about a token.
 */
export async function fetchJwks(address: string): Promise<readonly VerificationKey[]> {
  const response = await fetch(address, {
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json, application/jwk-set+json' },
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`it answered ${response.status}`);
  }
  const keys = await parseJwks(parsed(await textOf(response)));
  if (keys.length === 0) throw new Error('it answered without a key that signatures can be checked with');
  return keys;
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MAX_BYTES) throw new Error(`it answered with more than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  return text + decoder.decode();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('it answered with something else than JSON', { cause });
  }
}
