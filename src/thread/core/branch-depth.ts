import { AppError } from '../../kernel/index.js';

/**
 * So many branches at most lie behind one, each of which leaves the one before: a branch keeps where it leaves each of them, so
 * what a thread keeps of its branches would grow with the square of that.
 */
export const MAX_BRANCH_DEPTH = 1_000;

/** Why no branch can begin where it was asked for. */
export function branchTooDeep(): AppError {
  return new AppError(
    'STATE_CONFLICT',
    'The thread has branched off too many times in a row for another branch to begin here. Follow the last turn of a branch, ' +
      'let the branch begin at a turn further up, or go on in another thread.',
    { details: { limit: MAX_BRANCH_DEPTH } },
  );
}
