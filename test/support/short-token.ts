import { SignJWT } from 'jose';
import { TEST_SECRET } from './secret.js';
import { TestUser } from './test-user.js';

/** A token ends so much later than it says, because clocks differ. */
const TOLERANCE_MS = 5_000;

/** A user whose token ends in so many milliseconds, as the server sees it. */
export async function userFor(
  url: string,
  milliseconds: number,
  claims: Record<string, unknown> = {},
): Promise<TestUser> {
  const token = await new SignJWT({ sub: 'alice', org: 'acme', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime((Date.now() + milliseconds - TOLERANCE_MS) / 1_000)
    .sign(new TextEncoder().encode(TEST_SECRET));
  return new TestUser(url, token);
}
