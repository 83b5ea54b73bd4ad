let lastMillisecond = 0;
let sequence = 0;

/**
 * A new UUIDv7 (RFC 9562): time-ordered, so that ids made later in this process sort later and index pages fill from
 * one side. A twelve-bit counter keeps the order within a millisecond.
 */
export function newId(): string {
  const bytes = randomBytes();
  const now = Math.max(Date.now(), lastMillisecond);
  if (now === lastMillisecond) sequence += 1;
  else sequence = ((bytes[6]! << 8) | bytes[7]!) & 0x3ff;
  // A counter that overflows borrows the next millisecond.
  const overflow = sequence > 0xfff;
  if (overflow) sequence = 0;
  lastMillisecond = overflow ? now + 1 : now;
  let time = lastMillisecond;
  for (let index = 5; index >= 0; index -= 1) {
    bytes[index] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = 0x70 | (sequence >> 8);
  bytes[7] = sequence & 0xff;
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return format(bytes);
}

const POOLED_IDS = 256;
const pool = new Uint8Array(16 * POOLED_IDS);
let used = pool.length;

/** Sixteen random bytes, used once. Many are drawn at a time: a draw costs the same, however large it is. */
function randomBytes(): Uint8Array {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const bytes = pool.subarray(used, used + 16);
  used += 16;
  return bytes;
}

const hex = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

function format(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-';
    text += hex[bytes[index]!];
  }
  return text;
}

/**
 * The id of this process: the owner of its leases, and the origin of its notifications, so that it does not wake
 * itself.
 */
export const PROCESS_ID = newId();

/** The time at which an id was made, read from the id. ISO 8601 UTC with milliseconds. */
export function timeOfId(id: string): string {
  return new Date(parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toISOString();
}
