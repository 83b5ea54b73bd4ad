import { readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import ts from 'typescript';

/** A literal text of a source file, with `${}` where an expression stands in it. */
export interface SourceText {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** The files in a folder of the project that are no specs, as paths from its root. */
export function filesIn(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.split(sep).join('/')}`)
    .filter((file) => ending.test(file) && !file.endsWith('.spec.ts'))
    .sort();
}

/** Every string and template of a TypeScript file that has one of the words; the whole of another file. */
export function textsOf(file: string, words: readonly string[] = ['']): readonly SourceText[] {
  const source = readFileSync(file, 'utf8');
  const small = source.toLowerCase();
  if (!words.some((word) => small.includes(word))) return [];
  return file.endsWith('.ts') ? textsIn(file, source) : [{ file, line: 1, text: source }];
}

/** The same for TypeScript that is at hand. */
export function textsIn(file: string, source: string): readonly SourceText[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest);
  const texts: SourceText[] = [];
  const visit = (node: ts.Node): void => {
    const text = literalText(node);
    const { line } = tree.getLineAndCharacterOfPosition(node.pos);
    if (text !== undefined) texts.push({ file, line: line + 1, text });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return texts;
}

function literalText(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => '${}' + literal.text).join('');
}

const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const CLAUSE = '(where|join|left|inner|cross|order|group|limit|set|returning|for)\\b';
const IS_SQL =
  /^\s*(select|insert|update|delete|with|merge|truncate|lock|copy|alter)\s|\b(SELECT|INSERT|UPDATE|DELETE|FROM|JOIN|USING|WHERE|RETURNING)\b/;

/**
 * Which of the tables a text names. A name of several words is a table's wherever it stands. A single word is one where a
 * statement has a table: behind a word such as FROM, in a list behind a comma, or before a column.
 */
export function tablesIn(text: string, tables: readonly string[]): readonly string[] {
  const sql = text.replace(COMMENT, ' ');
  const small = sql.toLowerCase();
  return tables.filter(
    (table) =>
      small.includes(table) && (table.includes('_') || IS_SQL.test(sql)) && namingOf(table).test(sql),
  );
}

function namingOf(table: string): RegExp {
  if (table.includes('_')) return new RegExp(`\\b${table}\\b`, 'i');
  const behind = `\\b(from|join|into|update|using|table|only|truncate|lock|copy|references)\\s+(public\\.)?"?${table}\\b`;
  const inList = `,\\s*(public\\.)?"?${table}"?(\\s+(as\\s+)?\\w+)?\\s*(,|\\)|;|$|${CLAUSE})`;
  const before = `\\b${table}"?\\.("|\\w|\\*|\\$\\{)`;
  return new RegExp(`${behind}|${inList}|${before}`, 'i');
}

/** The tables that migrations make and do not take away again. */
export function tablesOfMigrations(): readonly string[] {
  const tables = new Set<string>();
  const change =
    /\b(CREATE|DROP)\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(\w+)|\bALTER\s+TABLE\s+(\w+)\s+RENAME\s+TO\s+(\w+)/gi;
  for (const file of filesIn('migrations', /\.ts$/)) {
    for (const { text } of textsOf(file)) {
      for (const [, verb, table, from, to] of text.replace(COMMENT, ' ').matchAll(change)) {
        if (verb?.toUpperCase() === 'CREATE') tables.add(table!);
        else tables.delete(table ?? from!);
        if (to !== undefined) tables.add(to);
      }
    }
  }
  return [...tables];
}
