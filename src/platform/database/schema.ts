import type { MigrationInterface } from 'typeorm';

/** The schema of a release. The composition of the server provides it. */
export interface Schema {
  /** Oldest first; the names of the classes end in their timestamps. */
  readonly migrations: readonly (new () => MigrationInterface)[];
  /** The oldest release, by its newest migration, that may run on the database as well. */
  readonly compatibleFrom: number;
}

/** The migrations' names as recorded in the database, oldest first. */
export function migrationNames({ migrations }: Schema): readonly string[] {
  return migrations.map(({ name }) => name);
}

/** Identifies a release: the timestamp of its newest migration. */
export function newestMigration(schema: Schema): number {
  return Math.max(...migrationNames(schema).map((name) => Number(name.slice(-13))));
}
