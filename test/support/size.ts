/**
 * What takes long is tested in two sizes: small by `npm test`, and in full by `npm run test:full`, which is what `.ci/run`
 * runs. The small one promises the same of less: fewer rounds, shorter waits, some rows of a table. What takes long in its
 * small size, too, is a file `*.long.spec.ts`, which `npm test` leaves out unless it is named.
 */
export const isFullSize = process.env['TEST_SIZE'] === 'full';

/** The one of the two that this run is for. */
export function sized<const Small, const Full>(small: Small, full: Full): Small | Full {
  return isFullSize ? full : small;
}

/** All rows of a table in full size, else the first one and every so-manieth after it. */
export function sampled<Row>(rows: readonly Row[], every: number): readonly Row[] {
  return rows.filter((_, index) => isFullSize || index % every === 0);
}
