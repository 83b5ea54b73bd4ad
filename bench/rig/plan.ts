import { readFileSync } from 'node:fs';
import type pg from 'pg';

/** What Postgres does for a statement. */
export interface Plan {
  /** Pages that it looks at. */
  readonly pages: number;
  /** Tables that it reads from one end to the other. */
  readonly wholeTables: readonly string[];
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Node[];
}

/** The text of a statement from the generated files, which say what the server asks. */
export function statementText(name: string): string {
  for (const file of ['turn', 'thread', 'workflow', 'log']) {
    const text = readFileSync(new URL(`../../docs/sql/${file}.sql`, import.meta.url), 'utf8');
    const found = new RegExp(`^-- ${name}\\n-- .*\\n([^]*?;)$`, 'm').exec(text)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`No file in docs/sql has ${name}.`);
}

/** Runs the statement with these values, undoes what it did, and tells how it was done. */
export async function planOf(client: pg.Client, name: string, values: readonly string[]): Promise<Plan> {
  await client.query('BEGIN');
  try {
    await client.query(`PREPARE asked AS ${statementText(name)}`);
    const execute = `EXECUTE asked(${values.join(', ')})`;
    const { rows } = await client.query<{ 'QUERY PLAN': readonly [{ readonly Plan: Node }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${execute}`,
    );
    const root = rows[0]!['QUERY PLAN'][0].Plan;
    const nodes = flatten(root);
    return {
      pages: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
      wholeTables: nodes.flatMap((node) =>
        node['Node Type'] === 'Seq Scan' ? [node['Relation Name'] ?? 'a table'] : [],
      ),
    };
  } finally {
    await client.query('ROLLBACK');
    await client.query('DEALLOCATE asked');
  }
}

function flatten(node: Node): readonly Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}
