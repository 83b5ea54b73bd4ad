import { AppError } from '../../kernel/index.js';
import { isOutOfReach } from './faults.js';

/** What a client is told of a fault of the database that passes; `undefined` for any other error. */
export function outOfReach(thrown: unknown, requestId: string): AppError | undefined {
  if (!isOutOfReach(thrown)) return undefined;
  return new AppError(
    'INTERNAL',
    'Something that the server needs is out of reach. Try again in a few seconds.',
    { cause: thrown, retryable: true, retryAfter: 5, details: { requestId } },
  );
}
