import { MAX_BRANCH_DEPTH } from '../core/branch-depth.js';
import type { TurnSql } from '../ports/joined-tables-sql.js';

/**
 * SQL fragments about threads and messages for the statements of other rooms. The parameters are SQL expressions of
 * those statements, never values.
 */

/** The owner of a thread, as a condition on a row of `threads`. */
const isOwner = (org: string, user: string) => `org_id = ${org} AND user_id = ${user}`;

/** A query of the `id` of the user's thread; no row where the user has no such thread. */
export function ownedThread(thread: string, org: string, user: string): string {
  return `SELECT id FROM threads WHERE id = ${thread} AND ${isOwner(org, user)}`;
}

/** The same with the `workflow` and `workflow_version` that the thread is pinned to, and the branch that it shows. */
export function pinnedThread(thread: string, org: string, user: string): string {
  return `SELECT id, workflow, workflow_version, head_branch FROM threads WHERE id = ${thread} AND ${isOwner(org, user)}`;
}

/** The same two columns as a query, for a turn that is the thread's already. */
export function pinnedWorkflow(thread: string): string {
  return `SELECT workflow, workflow_version FROM threads WHERE id = ${thread}`;
}

/**
 * Whether nothing was put at the head of the thread while a statement waited to change it ({@link receiveMessage}): it reads
 * the head as it was when the statement began, beside the one that it changes.
 */
export function isHeadUnchanged(thread: string): string {
  return `threads.head_turn_id IS NOT DISTINCT FROM (SELECT head_turn_id FROM threads WHERE id = ${thread})`;
}

/** Whether the thread is the user's. */
export function isOwnedThread(thread: string, org: string, user: string): string {
  return `EXISTS (${ownedThread(thread, org, user)})`;
}

/**
 * Whether the thread belongs to one of the organisations, or to one of the users given as `org`, a line feed and their
 * id: both arrays.
 */
export function isThreadOfAny(thread: string, orgs: string, users: string): string {
  return `EXISTS (
       SELECT 1 FROM threads WHERE id = ${thread} AND (org_id = ANY(${orgs}) OR org_id || E'\\n' || user_id = ANY(${users})))`;
}

/** Joins the thread under an alias, for statements that lock it along with rows of their own. */
export function joinThread(alias: string, thread: string): string {
  return `JOIN threads ${alias} ON ${alias}.id = ${thread}`;
}

/** A message received in a thread, and the answer that is reserved for it. */
export interface ReceivedMessage {
  readonly thread: string;
  readonly org: string;
  readonly user: string;
  readonly turn: string;
  readonly at: string;
  /** The thread's title if it has none. */
  readonly title: string;
  /** Whether the message is stored already and is answered again. */
  readonly isRetry: string;
  readonly message: string;
  readonly content: string;
  readonly answer: string;
}

/**
 * Adds a message and its answer to the thread's count, which locks the thread against other messages until the end of
 * the transaction. The turn becomes the thread's head, in a new branch when other turns follow the old head already.
 * Returns the thread's `id`, its new `message_count`, the turn's parent (`head_parent_turn_id`) and branch
 * (`head_branch`), and the `workflow` and `workflow_version` that it is pinned to, or no row where the user has no such
 * thread or the condition is not met; `from` are relations that the condition reads.
 */
export function receiveMessage(
  { thread, org, user, turn, at, title, isRetry }: ReceivedMessage,
  { from = '', condition }: { readonly from?: string; readonly condition: string },
): string {
  return `UPDATE threads SET message_count = message_count + CASE WHEN ${isRetry}::boolean THEN 1 ELSE 2 END,
       active_at = ${at}::timestamptz, updated_at = ${at}::timestamptz, title = COALESCE(title, ${title}),
       head_turn_id = ${turn}::uuid, head_parent_turn_id = head_turn_id,
       head_branch = CASE WHEN head_has_children THEN branch_count + 1 ELSE head_branch END,
       branch_count = branch_count + head_has_children::int, head_has_children = false
     ${from === '' ? '' : `FROM ${from} `}WHERE threads.id = ${thread} AND ${isOwner(org, user)} AND ${condition}
     RETURNING threads.id, message_count, head_parent_turn_id, head_branch, workflow, workflow_version`;
}

/**
 * Further CTEs of a statement whose CTE `thread` is made by {@link receiveMessage}: they store the message, unless it
 * is stored already, and its empty answer, and mark the thread for indexing.
 */
export function storeMessages(received: ReceivedMessage): string {
  const { turn, at, isRetry, message, content, answer } = received;
  return `unindexed AS (
     INSERT INTO search_pending (thread_id) SELECT id FROM thread ON CONFLICT DO NOTHING
   ), messages_stored AS (
     INSERT INTO messages (id, thread_id, turn_id, branch, position, role, content, status, created_at)
     SELECT m.id, thread.id, ${turn}::uuid, thread.head_branch, thread.message_count - m.back, m.role, m.content, m.status, ${at}::timestamptz
     FROM thread, (VALUES (${message}::uuid, 1, 'user', ${content}::text, 'complete'), (${answer}::uuid, 0, 'assistant', '', 'streaming'))
       AS m (id, back, role, content, status)
     WHERE m.role <> 'user' OR NOT ${isRetry}::boolean
   )`;
}

/** A further message of a turn. */
export interface FurtherMessage {
  readonly id: string;
  /** A message of the turn at whose position it stands, behind all that stand there. */
  readonly beside: string;
  readonly role: string;
  readonly content: string;
  readonly status: string;
  readonly toolCall: string;
  readonly at: string;
  /** The parts of a call's result. */
  readonly parts: string;
}

/** Counts a further message in its thread if the condition is met, and answers the thread's `id` then. */
export function countFurtherMessage(thread: string, condition: string): string {
  return `UPDATE threads SET further_messages = further_messages + 1 WHERE id = ${thread} AND ${condition} RETURNING id`;
}

/**
 * Stores the message, once for the one row of the relation `from`. What came of a call is drawn from what the message beside
 * it, which called, is drawn from.
 */
export function storeFurtherMessage(from: string, message: FurtherMessage): string {
  const { id, beside, role, content, status, toolCall, at, parts } = message;
  return `INSERT INTO messages (id, thread_id, turn_id, branch, position, part, role, content, status, tool_call_id, created_at, parts,
       level, documents)
     SELECT ${id}::uuid, own.thread_id, own.turn_id, own.branch, own.position, (
       SELECT max(m.part) + 1 FROM messages m WHERE m.thread_id = own.thread_id AND m.position = own.position
     ), ${role}, ${content}, ${status}, ${toolCall}, ${at}::timestamptz, ${parts}::jsonb,
       CASE WHEN ${role} = 'tool' THEN own.level END, CASE WHEN ${role} = 'tool' THEN own.documents END
     FROM ${from}, messages own WHERE own.id = ${beside}::uuid`;
}

/** A turn that is to be a thread's head: an expression of its id, NULL for the beginning, and of whom. */
export interface Head {
  readonly thread: string;
  readonly org: string;
  readonly user: string;
  readonly turn: string;
}

/**
 * A statement that makes a turn the user's thread's head, for who holds the lock on the thread. What is to follow one that has
 * others behind it already will begin a branch, and what that goes back to is noted here. Answers the thread's `id`; no row
 * where the thread has no such turn. `told` is evaluated along with that. Where the branch would lie behind too many
 * others, `is_too_deep` is true, and nothing has changed.
 */
export function setHead(
  { thread, org, user, turn }: Head,
  turns: Pick<TurnSql, 'turn' | 'following'>,
  told?: string,
): string {
  const tooDeep = `target.has_children AND COALESCE(cardinality(target.path), 0) >= ${MAX_BRANCH_DEPTH}`;
  return `WITH target AS (
     SELECT t.id AS thread_id, u.id, u.parent_turn_id, u.branch, a.position,
       EXISTS (${turns.following('t.id', 'u.id')}) AS has_children, b.path, b.ends
     FROM threads t LEFT JOIN (${turns.turn(turn)}) u ON u.thread_id = t.id LEFT JOIN messages a ON a.id = u.assistant_message_id
       LEFT JOIN thread_branches b ON b.thread_id = t.id AND b.branch = u.branch
     WHERE t.id = ${thread} AND t.org_id = ${org} AND t.user_id = ${user} AND (${turn} IS NULL OR u.id IS NOT NULL)
   ), moved AS (
     UPDATE threads SET head_turn_id = target.id, head_parent_turn_id = target.parent_turn_id,
       head_branch = COALESCE(target.branch, 0), head_has_children = target.has_children, updated_at = now()
     FROM target WHERE threads.id = target.thread_id AND NOT (${tooDeep})
     RETURNING threads.id, branch_count + 1 AS next_branch
   ), noted AS (
     INSERT INTO thread_branches (thread_id, branch, path, ends)
     -- What begins at the beginning goes back to nothing.
     SELECT moved.id, moved.next_branch, array_remove(COALESCE(target.path, '{}') || target.branch, NULL),
       array_remove(COALESCE(target.ends, '{}') || target.position, NULL)
     FROM moved, target
     WHERE target.has_children
     ON CONFLICT (thread_id, branch) DO UPDATE SET path = excluded.path, ends = excluded.ends
   )
   SELECT id, false AS is_too_deep${told === undefined ? '' : `, ${told}`} FROM moved
   UNION ALL SELECT thread_id, true${told === undefined ? '' : ', NULL'} FROM target WHERE ${tooDeep}`;
}

/** A query of the position at which the messages of the turn in row `turn` begin: both, or the answer where it is a retry. */
export function firstPosition(turn: string): string {
  return `SELECT min(m.position) FROM messages m
       WHERE m.id IN (${turn}.user_message_id, ${turn}.assistant_message_id) AND m.turn_id = ${turn}.id`;
}

/** A query of the ids of the turns that have messages from a position on. */
export function turnsFrom(thread: string, position: string): string {
  return `SELECT m.turn_id FROM messages m WHERE m.thread_id = ${thread} AND m.position >= ${position}`;
}

/** Makes a turn the thread's head again that has nothing behind it; `from` has `thread_id`, `head_id` and `head_parent_id`. */
export function keepHead(from: string): string {
  return `UPDATE threads SET head_turn_id = ${from}.head_id, head_parent_turn_id = ${from}.head_parent_id
     FROM ${from} WHERE threads.id = ${from}.thread_id`;
}

/** Lets branches that are left from a position on be left so many later; `from` has the `thread_id` and the `position`. */
export function shiftBranches(from: string, by: number): string {
  return `UPDATE thread_branches b SET ends = ARRAY(
       SELECT e.at + CASE WHEN e.at >= ${from}.position THEN ${by} ELSE 0 END
       FROM unnest(b.ends) WITH ORDINALITY AS e (at, place) ORDER BY e.place)
     FROM ${from} WHERE b.thread_id = ${from}.thread_id AND ${from}.position <= ANY(b.ends)`;
}

/** What is moved among the messages of a thread: a turn whose answer is the `last` one to the position `from`, and all that is there. */
export interface MessageShift {
  readonly thread: string;
  readonly turn: string;
  readonly from: string;
  readonly last: string;
  readonly by: number;
}

/**
 * Moves messages that were not answered yet, in two statements, since no two have the same position meanwhile: this one,
 * and {@link placeShiftedMessages}.
 */
export function shiftMessages({ thread, turn, from, last, by }: MessageShift): string {
  return `UPDATE messages SET position = -(CASE WHEN turn_id = ${turn} THEN position - ${last} + ${from} + ${by - 1}
       ELSE position + ${by} END)
     WHERE thread_id = ${thread} AND position >= ${from}`;
}

export function placeShiftedMessages(thread: string): string {
  return `UPDATE messages SET position = -position WHERE thread_id = ${thread} AND position < 0`;
}

/**
 * A query of the parts that a branch of a thread is made of, the oldest first by `place`: the messages of `branch` whose
 * positions are above `lower` and not above `upper`. The last one is the branch's own, up to the given position.
 */
export function segments(thread: string, branch: string, upTo: string): string {
  return `SELECT s.* FROM (SELECT ${branch} AS branch) own
       LEFT JOIN thread_branches b ON b.thread_id = ${thread} AND b.branch = own.branch
       CROSS JOIN LATERAL unnest(COALESCE(b.path, '{}') || own.branch, 0 || COALESCE(b.ends, '{}'), COALESCE(b.ends, '{}') || ${upTo})
         WITH ORDINALITY AS s (branch, lower, upper, place)`;
}

/** An answer as it ends. */
export interface EndedAnswer {
  readonly id: string;
  readonly content: string;
  readonly status: string;
  readonly provider: string;
  readonly model: string;
  readonly usage: string;
  readonly citations: string;
  readonly toolCalls: string;
  readonly step: string;
  readonly level: string;
  readonly documents: string;
  /** What its provider wants back with its calls; absent where it has none. */
  readonly metadata?: string;
}

/** Stores the end of an answer, once for the one row of the relation `from`. */
export function storeAnswer(from: string, answer: EndedAnswer): string {
  return `UPDATE messages SET content = ${answer.content}, status = ${answer.status}, provider = ${answer.provider},
       model = ${answer.model}, usage = ${answer.usage}::jsonb, citations = ${answer.citations}::jsonb,
       tool_calls = ${answer.toolCalls}::jsonb, step = ${answer.step}, level = ${answer.level}::smallint,
       documents = ${answer.documents}::uuid[]${answer.metadata === undefined ? '' : `, provider_metadata = ${answer.metadata}::jsonb`}
     FROM ${from} WHERE messages.id = ${answer.id}::uuid`;
}

/** A query of the `step` that a message answers. */
export function answeredStep(message: string): string {
  return `SELECT step FROM messages WHERE id = ${message}`;
}
