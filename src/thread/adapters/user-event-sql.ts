import { createHash } from 'node:crypto';

/**
 * SQL fragments that tell whoever follows a user's threads what has happened to them, in the statements that make it happen.
 * The parameters are SQL expressions of those statements, never values.
 */

/**
 * The channel on which processes tell each other. Payload: JSON with the `kind`, the `id` of what it is about, the addresses
 * of those whom it concerns (`to`, with spaces between them), and for a kind of turn its `threadId`, for a thread that is
 * gone the `thread`. What a reader may see is for the reading process to ask.
 */
export const USER_EVENT_CHANNEL = 'user_events';

type ThreadChange = 'thread_created' | 'thread_updated';
type TurnChange = 'turn_started' | 'turn_waiting' | 'turn_ended';
type InputChange = 'input_opened' | 'input_closed';

/** Whose it is: expressions of the organisation and the user. */
export interface Owner {
  readonly org: string;
  readonly user: string;
}

const text = (value: string) => `'${value}'`;
const ofOwner = ({ org, user }: Owner) => address('user', org, user);

/** An expression that tells of the thread. */
export function threadTold(kind: ThreadChange, id: string, owner: Owner): string {
  return notify({ kind: text(kind), id, to: ofOwner(owner) });
}

/** An expression that tells of the turn. */
export function turnTold(kind: TurnChange, id: string, threadId: string, owner: Owner): string {
  return notify({ kind: text(kind), id, threadId, to: ofOwner(owner) });
}

/** The same where only the thread is known. */
export function turnOfThreadTold(kind: TurnChange, id: string, threadId: string): string {
  const owner = `(SELECT ${ofOwner({ org: 'org_id', user: 'user_id' })} FROM threads WHERE id = ${threadId})`;
  return notify({ kind: text(kind), id, threadId, to: owner });
}

/** The same of the input in row `input`, which those hear of, too, whom it names (its `assignee` and `role`). */
export function inputTold(kind: InputChange, input: string): string {
  const org = `${input}.org_id`;
  const to = [
    ofOwner({ org, user: `${input}.user_id` }),
    address('user', org, `${input}.assignee`),
    address('role', org, `${input}.role`),
  ];
  return notify({ kind: text(kind), id: `${input}.id`, to: `concat_ws(' ', ${to.join(', ')})` });
}

/** Metadata of more bytes do not go along: a notification has room for 8,000. */
const MAX_METADATA_BYTES = 4_000;

/** An expression that tells of the thread in row `thread`, which is deleted, as it was. */
export function deletionTold(thread: string): string {
  const time = (column: string) =>
    `to_char(${thread}.${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const fields = {
    id: `${thread}.id`,
    title: `left(${thread}.title, 300)`,
    workflow: `${thread}.workflow`,
    workflowVersion: `${thread}.workflow_version`,
    status: `'idle'`,
    metadata: `CASE WHEN octet_length(${thread}.metadata::text) <= ${MAX_METADATA_BYTES} THEN ${thread}.metadata ELSE '{}' END`,
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
    messageCount: `${thread}.message_count + ${thread}.further_messages`,
    activeTurnId: 'NULL',
    headTurnId: `${thread}.head_turn_id`,
  };
  const owner = ofOwner({ org: `${thread}.org_id`, user: `${thread}.user_id` });
  return notify({ kind: `'thread_deleted'`, id: `${thread}.id`, to: owner, thread: object(fields) });
}

/** The addresses at which a user hears: the own one, and those of the roles. */
export function addressesOf(org: string, user: string, roles: readonly string[]): readonly string[] {
  return [addressOf('user', org, user), ...roles.map((role) => addressOf('role', org, role))];
}

/** No name goes over the channel. */
function addressOf(of: 'user' | 'role', org: string, name: string): string {
  return createHash('sha256').update(`${of}\n${org}\n${name}`).digest('hex');
}

/** The same in SQL; NULL for a name that is NULL. */
function address(of: 'user' | 'role', org: string, name: string): string {
  return `encode(sha256(convert_to('${of}' || E'\\n' || ${org}::text || E'\\n' || ${name}::text, 'UTF8')), 'hex')`;
}

function notify(payload: Readonly<Record<string, string>>): string {
  return `pg_notify('${USER_EVENT_CHANNEL}', ${object(payload)}::text)`;
}

function object(fields: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(fields).map(([name, value]) => `'${name}', ${value}`);
  return `json_build_object(${pairs.join(', ')})`;
}
