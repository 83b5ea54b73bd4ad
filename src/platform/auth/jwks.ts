import { importJWK, type CryptoKey, type JWK } from 'jose';

/** The accepted algorithms of published keys. */
export const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];

/** A public key of an issuer, and its algorithm. */
export interface VerificationKey {
  readonly kid: string | undefined;
  readonly algorithms: readonly string[];
  readonly key: CryptoKey;
}

/** For each type of key its algorithms, and the members of a JWK that make up the public key: no others are read. */
const KINDS = [
  { kty: 'RSA', crv: undefined, algorithms: ['RS256'], members: ['n', 'e'] },
  { kty: 'EC', crv: 'P-256', algorithms: ['ES256'], members: ['x', 'y'] },
  { kty: 'OKP', crv: 'Ed25519', algorithms: ['EdDSA', 'Ed25519'], members: ['x'] },
] as const;

type Jwk = Readonly<Record<string, unknown>>;

const MIN_RSA_BITS = 2_048;
const MAX_RSA_BITS = 8_192;

/** The usable keys of a JSON Web Key Set; malformed keys and those for other purposes are skipped. */
export async function parseJwks(document: unknown): Promise<readonly VerificationKey[]> {
  const { keys } = (document ?? {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) return [];
  const read = await Promise.all(keys.map((key: Jwk) => signingKeyFrom(key).catch(() => undefined)));
  return read.filter((key) => key !== undefined);
}

async function signingKeyFrom(jwk: Jwk): Promise<VerificationKey | undefined> {
  const { kty, crv, kid, alg, use, key_ops: operations } = jwk;
  const kind = KINDS.find((known) => known.kty === kty && (known.crv === undefined || known.crv === crv));
  if (kind === undefined) return undefined;
  if (use !== undefined && use !== 'sig') return undefined;
  if (Array.isArray(operations) && !operations.includes('verify')) return undefined;
  const algorithms: readonly string[] = kind.algorithms;
  if (alg !== undefined && !algorithms.includes(alg as string)) return undefined;
  const members = kind.members.map((name) => [name, jwk[name]]);
  const bare = { kty, ...(kind.crv === undefined ? {} : { crv }), ...Object.fromEntries(members) } as JWK;
  const key = await importJWK(bare, algorithms[0]);
  if (key instanceof Uint8Array || !isLongEnough(key)) return undefined;
  return { kid: typeof kid === 'string' ? kid : undefined, algorithms, key };
}

function isLongEnough({ algorithm }: CryptoKey): boolean {
  const { modulusLength: bits } = algorithm as { readonly modulusLength?: number };
  return bits === undefined || (bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS);
}
