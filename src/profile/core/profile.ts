/** What a user says of themselves; `null` where nothing is said. Times are ISO 8601 UTC with milliseconds. */
export interface Profile {
  readonly name: string | null;
  readonly language: string | null;
  readonly tone: string | null;
  readonly about: string | null;
  /** `null` before it was written for the first time. */
  readonly updatedAt: string | null;
}

/** Something that is to be remembered of a user. */
export interface Memory {
  readonly id: string;
  readonly content: string;
  readonly createdAt: string;
}

/** The profile of a user who has written none. */
export const NO_PROFILE: Profile = { name: null, language: null, tone: null, about: null, updatedAt: null };

/** Bytes in UTF-8 that the texts of a profile have together. */
export const MAX_PROFILE_BYTES = 4_096;

/** How many memories a user may have, and the UTF-16 code units of each. */
export const MAX_MEMORIES = 200;
export const MAX_MEMORY_LENGTH = 1_000;
