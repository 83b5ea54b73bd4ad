import { globSync, readFileSync } from 'node:fs';

interface Named {
  readonly name: string;
  readonly path: string;
}

/** What matches in files, with the path of each. */
function found(files: string, pattern: RegExp): Named[] {
  return globSync(files).flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(pattern)].map((match) => ({ name: match[1]!, path })),
  );
}

/** Statements that are alike are made by a function, which then gets their names. What is called inside a text is a fragment. */
const NAMED = /(?<!\$\{(?:\w+\.)?)\b\w+\(\s*'([a-z_-]+(?:\.[a-z_]+)+)'\s*,/g;

describe('statements', () => {
  const named = found('src/**/*-statements.ts', NAMED);
  const generated = found('docs/sql/*.sql', /^-- ([a-z_-]+(?:\.[a-z_]+)+)$/gm);

  it('stand in files of statements', () => {
    const elsewhere = found('src/**/*.ts', /\b(sql)\(/g)
      .map(({ path }) => path)
      .filter((path) => !/-statements\.ts$|\.spec\.ts$|^src\/platform\/database\/sql\.ts$/.test(path));
    expect(elsewhere).toEqual([]);
  });

  it('have a name each', () => {
    const names = named.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('stand in the generated files as they are asked, each once', () => {
    const sorted = (list: readonly Named[]) => list.map(({ name }) => name).sort();
    expect(sorted(generated)).toEqual(sorted(named));
  });
});
