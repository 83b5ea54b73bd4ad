import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Begins what is sealed, and says how. */
const FORMAT = 'v1';

/**
 * Encrypts what is kept for others, and proves where it belongs: what was sealed for one place cannot be opened for
 * another, so a row that is copied to somebody else is of no use there.
 */
export class Sealer {
  private readonly keys: readonly { readonly id: string; readonly key: Buffer }[];

  /** Seals with the first of the keys, which are 32 bytes each, and opens what any of them has sealed. */
  constructor(keys: readonly Buffer[]) {
    this.keys = keys.map((key) => ({
      id: createHash('sha256').update('id').update(key).digest('base64url').slice(0, 8),
      key,
    }));
  }

  /** Whether there is a key: without one nothing can be sealed. */
  get isAvailable(): boolean {
    return this.keys.length > 0;
  }

  /** The text as one of printable ASCII that only {@link open} with the same place reads. Throws without a key. */
  seal(text: string, place: string): string {
    const [first] = this.keys;
    if (first === undefined) throw new Error('nothing can be sealed: there is no SECRETS_KEY');
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, first.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    const whole = Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
    return `${FORMAT}.${first.id}.${whole.toString('base64url')}`;
  }

  /** What was sealed for the place; absent when it is of a key that is gone, of another place, or was changed. */
  open(sealed: string, place: string): string | undefined {
    const [format, id, encoded = ''] = sealed.split('.');
    const known = this.keys.find((one) => one.id === id);
    const whole = Buffer.from(encoded, 'base64url');
    if (format !== FORMAT || known === undefined || whole.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv(ALGORITHM, known.key, whole.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(whole.subarray(-TAG_BYTES));
    try {
      const text = decipher.update(whole.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8');
      return text + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }
}
