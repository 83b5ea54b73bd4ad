// The files of docs/sql/: one of statements a room, and one of plans where it has any.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { layOut } from './layout.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Names of files and what is in them. Throws where a statement stands in no file of statements, or in two. */
export function filesOf(statements, plans) {
  const rooms = Map.groupBy(located(statements), ({ room }) => room);
  const files = new Map();
  for (const [room, own] of rooms) {
    files.set(`${room}.sql`, statementsFile(own));
    const explained = own.filter(({ name }) => plans.has(name));
    if (explained.length > 0) files.set(`${room}.plans.txt`, plansFile(explained, plans));
  }
  return files;
}

/** In the order of their names, each with the file it stands in. */
function located(statements) {
  const sources = globSync('src/**/*-statements.ts', { cwd: ROOT })
    .map((path) => path.replaceAll('\\', '/'))
    .map((path) => ({ path, text: readFileSync(`${ROOT}${path}`, 'utf8') }));
  const inOrder = statements.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return inOrder.map(({ name, text }) => {
    const found = sources.filter((source) => source.text.includes(`'${name}'`)).map(({ path }) => path);
    if (found.length !== 1) {
      const where = found.length === 0 ? 'none' : found.join(' and ');
      throw new Error(
        `The statement ${name} has to be named, as it is, in one src/**/*-statements.ts: ${where} does.`,
      );
    }
    return { name, text, path: found[0], room: /^src\/(?:platform\/)?([^/]+)\//.exec(found[0])[1] };
  });
}

function statementsFile(own) {
  const head = '-- Written by `npm run generate` from src/: change the statements there.';
  return (
    [head, ...own.map(({ name, path, text }) => `-- ${name}\n-- ${path}\n${readable(text)};`)].join('\n\n') +
    '\n'
  );
}

/** Laid out, and still the same statement. */
function readable(text) {
  const laidOut = layOut(text);
  const inOne = (one) => one.replaceAll(/\s/g, '');
  if (inOne(laidOut) !== inOne(text))
    throw new Error(`The layout of a statement has changed it:\n${laidOut}`);
  return laidOut;
}

function plansFile(own, plans) {
  const head = 'Written by `npm run generate`: generic plans over the rows of scripts/sql/seed.sql.';
  return [head, ...own.map(({ name }) => `${name}\n\n${indented(plans.get(name))}`)].join('\n\n') + '\n';
}

function indented(text) {
  return text.replaceAll(/^/gm, '  ');
}
