import type { MigrationInterface } from 'typeorm';

/** What a release brings its database to. Whoever puts the server together has it. */
export interface Schema {
  /** Oldest first; the names of the classes end in their timestamps. */
  readonly migrations: readonly (new () => MigrationInterface)[];
  /** The oldest release, by its newest migration, that may run on the database as well. */
  readonly compatibleFrom: number;
}

/** What the database remembers each migration by, oldest first. */
export function migrationNames({ migrations }: Schema): readonly string[] {
  return migrations.map(({ name }) => name);
}

/** What a release is known by: the timestamp of its newest migration. */
export function newestMigration(schema: Schema): number {
  return Math.max(...migrationNames(schema).map((name) => Number(name.slice(-13))));
}
