import { AppError } from '../../kernel/index.js';

/** The thing itself. Throws `NOT_FOUND` when there is none, or none that the caller may know of. */
export function found<Thing>(thing: Thing | undefined, name: string): Thing {
  if (thing === undefined) throw new AppError('NOT_FOUND', `There is no such ${name}.`);
  return thing;
}
