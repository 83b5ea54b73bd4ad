import type pg from 'pg';
import { id, idIn, SENTENCE } from './seed.ts';

/**
 * `forks`: all branches leave one turn, so that the shown branch's last turn has them as siblings. `chain`: each leaves the one
 * before it, which has gone on by one turn, so that the shown branch goes through all.
 */
export type Shape = 'forks' | 'chain';

export interface Branched {
  readonly thread: number;
  /** Of the branch that is shown. */
  readonly messages: number;
  readonly branches: number;
  readonly shape: Shape;
}

/** Numbers of turns, from 1 in the order in which they came. */
export interface Landmarks {
  readonly head: number;
  /** One that ends another branch, if there is one. */
  readonly other: number;
}

/** A turn's id as {@link seedBranches} gives it. */
export function turnId(thread: number, turn: number): string {
  const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');
  return `${hex(turn, 8)}-0000-7000-8001-${hex(thread, 12)}`;
}

/** Of `n`, the turn's number: the number of the one that it follows, NULL for none, and its branch; `$3` and `$4` say the shape. */
interface Tree {
  readonly count: number;
  readonly parent: string;
  readonly branch: string;
  /** The position at which branch `b` is left, of those that another one goes back to. */
  readonly end: string;
  readonly path: string;
  readonly landmarks: Landmarks;
}

function treeOf({ shape, messages, branches }: Branched): Tree {
  const line = messages / 2;
  if (shape === 'forks' || branches === 1) {
    const count = line + branches - 1;
    return {
      count,
      parent: `CASE WHEN n > ${line} THEN ${line} - 1 WHEN n > 1 THEN n - 1 END`,
      branch: `GREATEST(0, n - ${line})`,
      end: `${2 * (line - 1)}`,
      path: `'{0}'::int[]`,
      landmarks: { head: count, other: branches > 1 ? line : line / 2 },
    };
  }
  // In each branch its part of the line, and the turn with which it has gone on.
  const each = line / branches + 1;
  const count = each * branches - 1;
  return {
    count,
    parent: `CASE WHEN n > 1 AND n % ${each} = 1 THEN n - 2 WHEN n > 1 THEN n - 1 END`,
    branch: `(n - 1) / ${each}`,
    end: `2 * ((left_branch + 1) * ${each} - 1)`,
    path: `ARRAY(SELECT generate_series(0, branch - 1))`,
    landmarks: { head: count, other: each * Math.ceil(branches / 2) },
  };
}

/**
 * Gives an empty thread turns and messages as the server leaves them once their events have been removed and the messages
 * are in the search's index.
 */
export async function seedBranches(client: pg.Client, branched: Branched): Promise<Landmarks> {
  const { thread, branches } = branched;
  const tree = treeOf(branched);
  const each = `(SELECT $1::int AS thread) AS own, generate_series(1, $2::int) AS n`;
  const range = [thread, tree.count];
  const turn = idIn(1, 'n');
  const message = (back: number | string) => idIn(2, `n * 2 - ${back}`);
  const parent = idIn(1, `(${tree.parent})`);
  await client.query(
    `INSERT INTO turns (id, thread_id, parent_turn_id, branch, status, request, user_message_id, assistant_message_id,
       first_seq, created_at, started_at, ended_at, compacted_at)
     SELECT ${turn}, ${id('thread')}, ${parent}, ${tree.branch}, 'completed', '{"content":"A question."}', ${message(1)},
       ${message(0)}, n, now(), now(), now(), now()
     FROM ${each}`,
    range,
  );
  await client.query(
    `INSERT INTO messages (id, thread_id, turn_id, branch, position, role, content, status, provider, model, step, level)
     SELECT ${message('back')}, ${id('thread')}, ${turn}, ${tree.branch}, n * 2 - back,
       CASE back WHEN 1 THEN 'user' ELSE 'assistant' END, ${SENTENCE}, 'complete', 'openai', 'bench', 'reply', 0
     FROM ${each}, generate_series(0, 1) AS back`,
    range,
  );
  await client.query(
    `INSERT INTO thread_branches (thread_id, branch, path, ends)
     SELECT ${id('thread')}, branch, ${tree.path}, ARRAY(SELECT ${tree.end} FROM unnest(${tree.path}) AS left_branch)
     FROM (SELECT $1::int AS thread) AS own, generate_series(1, $2::int) AS branch`,
    [thread, branches - 1],
  );
  await client.query(
    `WITH indexed AS (
       INSERT INTO search_blocks (thread_id, first_position, last_position, part, bits)
       SELECT ${id('thread')}, 1, $2::int * 2, 0, '' FROM (SELECT $1::int AS thread) AS own
     ), head AS (
       UPDATE thread_heads SET last_seq = $2::int FROM (SELECT $1::int AS thread) AS own WHERE thread_id = ${id('thread')}
     )
     UPDATE threads SET message_count = $2::int * 2, head_turn_id = ${turn}, head_parent_turn_id = ${parent},
       head_branch = $3::int, branch_count = $3::int
     FROM (SELECT $1::int AS thread, $2::int AS n) AS own WHERE threads.id = ${id('thread')}`,
    [thread, tree.count, branches - 1],
  );
  return tree.landmarks;
}
