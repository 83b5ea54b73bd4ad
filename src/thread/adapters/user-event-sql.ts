import { hash } from 'node:crypto';
import type { Caller } from '../../kernel/index.js';

/**
 * SQL fragments that tell whoever follows a user's threads what has happened to them, in the statements that make it happen.
 * The parameters are SQL expressions of those statements, never values. Beside them, the same payloads made of values.
 */

/**
 * The channel on which processes tell each other. Payload: JSON with the `kind`, the `id` of what it is about, the addresses
 * of those whom it concerns (`to`, with spaces between them), and for a kind of turn its `threadId`, for a thread that is
 * gone the `thread`, for an input that is closed the `input`, where there is room for it. What a reader may see is for the
 * reading process to ask.
 */
export const USER_EVENT_CHANNEL = 'user_events';

type ThreadChange = 'thread_created' | 'thread_updated';
type TurnChange = 'turn_started' | 'turn_waiting' | 'turn_ended';
/** Whose it is: expressions of the organisation and the user. */
export interface Owner {
  readonly org: string;
  readonly user: string;
}

const text = (value: string) => `'${value}'`;
const time = (value: string) => `to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const ofOwner = ({ org, user }: Owner) => address('user', org, user);

/** The payload that tells of the thread, for who sends it behind the commit. */
export function threadChange(kind: ThreadChange, id: string, owner: Pick<Caller, 'org' | 'id'>): string {
  return JSON.stringify({ kind, id, to: addressOf('user', owner.org, owner.id) });
}

/** The same for a turn. */
export function turnChange(
  kind: TurnChange,
  id: string,
  threadId: string,
  owner: Pick<Caller, 'org' | 'id'>,
): string {
  return JSON.stringify({ kind, id, threadId, to: addressOf('user', owner.org, owner.id) });
}

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

/** An expression that tells that the input in row `input` is open. Those hear of it, too, whom it names (its `assignee` and `role`). */
export function openInputTold(input: string): string {
  return notify({ kind: `'input_opened'`, id: `${input}.id`, to: readersOf(input) });
}

/** The bytes that a notification has room for. */
const MAX_PAYLOAD_BYTES = 7_999;
/** UTF-16 code units of a prompt, and bytes of a schema, that go along with a closed input. */
const MAX_PROMPT_CHARS = 500;
const MAX_SCHEMA_BYTES = 3_000;

/**
 * An expression that tells that the input in row `input` is closed, as it was, and of the level of what it asks for: its thread may be gone before anybody can read it.
 * What does not fit goes without: those read it who come in time.
 */
export function closedInputTold(input: string, level: string): string {
  const column = (name: string) => `${input}.${name}`;
  const fields = {
    ...{ id: column('id'), threadId: column('thread_id'), turnId: column('turn_id'), kind: column('kind') },
    ...{ callId: column('call_id'), prompt: `left(${column('prompt')}, ${MAX_PROMPT_CHARS})` },
    schema: `CASE WHEN octet_length(${column('schema')}::text) <= ${MAX_SCHEMA_BYTES} THEN ${column('schema')} END`,
    ...{ server: column('server'), mode: column('mode'), url: column('url') },
    ...{ assignee: column('assignee'), role: column('role'), status: column('status') },
    ...{ expiresAt: time(column('expires_at')), createdAt: time(column('created_at')) },
    ...{ answeredAt: time(column('answered_at')), answeredBy: column('answered_by') },
  };
  const told = { kind: `'input_closed'`, id: `${input}.id`, to: readersOf(input) };
  const whole = `${object({ ...told, level, input: object(fields) })}::text`;
  return `(SELECT pg_notify('${USER_EVENT_CHANNEL}',
    CASE WHEN octet_length(p.whole) <= ${MAX_PAYLOAD_BYTES} THEN p.whole ELSE ${object(told)}::text END)
    FROM (SELECT ${whole} AS whole OFFSET 0) p)`;
}

function readersOf(input: string): string {
  const org = `${input}.org_id`;
  const to = [
    ofOwner({ org, user: `${input}.user_id` }),
    address('user', org, `${input}.assignee`),
    address('role', org, `${input}.role`),
  ];
  return `concat_ws(' ', ${to.join(', ')})`;
}

/** Metadata of more bytes do not go along: a notification has room for 8,000. */
const MAX_METADATA_BYTES = 4_000;

/** An expression that tells of the thread in row `thread`, which is deleted, as it was. */
export function deletionTold(thread: string): string {
  const fields = {
    id: `${thread}.id`,
    title: `left(${thread}.title, 300)`,
    workflow: `${thread}.workflow`,
    workflowVersion: `${thread}.workflow_version`,
    status: `'idle'`,
    metadata: `CASE WHEN octet_length(${thread}.metadata::text) <= ${MAX_METADATA_BYTES} THEN ${thread}.metadata ELSE '{}' END`,
    createdAt: time(`${thread}.created_at`),
    updatedAt: time(`${thread}.updated_at`),
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
  return hash('sha256', `${of}\n${org}\n${name}`);
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
