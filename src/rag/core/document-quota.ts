import { AppError } from '../../kernel/index.js';

/** What an org and one of its users have stored, and what is queued for ingestion; `bytes` of content in UTF-8. */
export interface DocumentCounts {
  readonly org: Amount;
  readonly user: Amount;
  /** Queued or being ingested, of all users. */
  readonly queue: Amount;
  /** Queued or being ingested, of the user. */
  readonly userQueue: Amount;
}

export interface Amount {
  readonly documents: number;
  readonly bytes: number;
}

/** The limit of each count; `off` means unlimited. */
export interface DocumentQuota {
  readonly org: Limit;
  readonly user: Limit;
  readonly queue: Limit;
}

export interface Limit {
  readonly documents: number | 'off';
  readonly bytes: number | 'off';
}

/** The part of the queue that one user may fill. */
const USER_SHARE = 1 / 4;
/** Seconds until a full queue is likely to have room. */
const RETRY_AFTER_S = 5;

/**
 * Throws when the counts exceed a limit: `STATE_CONFLICT` for a quota, which stays used up until something is deleted,
 * `PROVIDER_UNAVAILABLE` with a time to retry for a full queue.
 */
export function checkQuota(counts: DocumentCounts, limits: DocumentQuota): void {
  for (const whose of ['user', 'org'] as const) {
    for (const what of ['documents', 'bytes'] as const) {
      if (isOver(counts[whose][what], limits[whose][what]))
        throw quotaUsedUp(whose, what, limits[whose][what]);
    }
  }
  for (const what of ['documents', 'bytes'] as const) {
    const limit = limits.queue[what];
    const share = limit === 'off' ? limit : Math.ceil(limit * USER_SHARE);
    // One document may always be queued, however large it is.
    if (counts.queue.documents > 1 && isOver(counts.queue[what], limit)) throw queueFull('queue', limit);
    if (counts.userQueue.documents > 1 && isOver(counts.userQueue[what], share))
      throw queueFull('user', share);
  }
}

/** The counts with one more document. */
export function withOneMore(counts: DocumentCounts, bytes: number): DocumentCounts {
  const add = (amount: Amount) => ({ documents: amount.documents + 1, bytes: amount.bytes + bytes });
  return {
    org: add(counts.org),
    user: add(counts.user),
    queue: add(counts.queue),
    userQueue: add(counts.userQueue),
  };
}

function isOver(amount: number, limit: number | 'off'): boolean {
  return limit !== 'off' && amount > limit;
}

function quotaUsedUp(of: 'user' | 'org', what: 'documents' | 'bytes', limit: number | 'off'): AppError {
  const whose = of === 'user' ? 'You have' : 'Your org has';
  const most = what === 'documents' ? `${limit} documents` : `${limit} bytes of documents`;
  return new AppError(
    'STATE_CONFLICT',
    `${whose} put in as much as the limit of ${most} allows; delete what is no longer needed, or have the limit raised.`,
    { details: { limit, of, unit: what } },
  );
}

function queueFull(of: 'user' | 'queue', limit: number | 'off'): AppError {
  const what = of === 'user' ? 'As many documents of yours as may' : 'As many documents as may';
  return new AppError('PROVIDER_UNAVAILABLE', `${what} wait to be taken in; put this one in again later.`, {
    details: { limit, of },
    retryAfter: RETRY_AFTER_S,
  });
}
