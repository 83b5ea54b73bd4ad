/** Dates that name one version of a model: `-2024-08-06`, `-20241022`, `@20241022`. */
const VERSION_DATE = /[-@](20\d{2}-(0[1-9]|1[0-2])-([0-2]\d|3[01])|20\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01]))$/;

/** Versions whose price differs from their family's. */
const ON_THEIR_OWN: ReadonlySet<string> = new Set(['gpt-4o-2024-05-13']);

/**
 * The other names under which facts about a model may be known, the nearest first. Only a version's date and `latest`
 * are stripped: any other suffix (`-mini`, `-0613`, `:free`) names another model with another price, and a wrong price
 * is worse than none.
 */
export function familyNames(model: string): readonly string[] {
  const own = model.slice(model.lastIndexOf('/') + 1);
  if (ON_THEIR_OWN.has(own)) return [];
  if (VERSION_DATE.test(model)) {
    const family = model.replace(VERSION_DATE, '');
    return [family, `${family}-latest`];
  }
  if (/[-:]latest$/.test(model)) return [model.replace(/[-:]latest$/, '')];
  return [];
}
