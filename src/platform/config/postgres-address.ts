import { z } from 'zod';

/** An address of Postgres, as the driver can read it. */
export const postgresAddress = z
  .string()
  // Not a URL to the letter: with a socket it has no host.
  .regex(/^postgres(ql)?:\/\/\S+$/, { error: 'is a postgres:// address' })
  .refine(isReadableByDriver, {
    error: 'cannot be read; in a password, / ? # and @ are written %2F %3F %23 and %40',
  });

/** As the driver tries it: what has no host before its first slash is read with one put in. */
function isReadableByDriver(address: string): boolean {
  return URL.canParse(address) || URL.canParse(address.replace('@/', '@socket/'));
}
