import {
  clearanceLevel,
  type Caller,
  type InputOutcome,
  type InputRequired,
  type ResolvedInput,
} from '../../kernel/index.js';
import { withheldInput, type Input, type InputStatus } from '../ports/input-store.js';
import type { TurnRow } from './turn-row.js';

/** A row of `inputs`. */
export interface InputRow {
  readonly id: string;
  readonly thread_id: string;
  readonly turn_id: string;
  readonly key: string;
  readonly kind: InputRequired['data']['kind'];
  readonly call_id: string | null;
  readonly prompt: string;
  readonly schema: Readonly<Record<string, unknown>> | null;
  readonly server: string | null;
  readonly mode: 'form' | 'url' | null;
  readonly url: string | null;
  readonly assignee: string | null;
  readonly role: string | null;
  readonly status: InputStatus;
  readonly content: unknown;
  readonly remember: boolean;
  readonly expires_at: Date;
  readonly created_at: Date;
  readonly answered_at: Date | null;
  readonly answered_by: string | null;
  /** The highest level of what its turn had told by now. */
  readonly level: number;
}

/** What closing an input answers: the input, and its turn as JSON. */
export interface ClosedRow extends InputRow {
  readonly holder: string | null;
  readonly turn: Omit<TurnRow, 'created_at' | 'started_at' | 'ended_at'> &
    Record<'created_at', string> &
    Record<'started_at' | 'ended_at', string | null>;
}

/** The input as this reader may see it. */
export function inputFor({ clearance }: Pick<Caller, 'clearance'>, row: InputRow): Input {
  return row.level > clearanceLevel(clearance) ? withheldInput(inputFrom(row)) : inputFrom(row);
}

/** The whole of it. */
export function inputFrom(row: InputRow): Input {
  return {
    id: row.id,
    threadId: row.thread_id,
    turnId: row.turn_id,
    kind: row.kind,
    ...withoutNulls({ callId: row.call_id }),
    prompt: row.prompt,
    schema: row.schema,
    ...withoutNulls({ server: row.server, mode: row.mode, url: row.url }),
    ...withoutNulls({ assignee: row.assignee, role: row.role }),
    status: row.status,
    expiresAt: row.expires_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    ...withoutNulls({ answeredAt: row.answered_at?.toISOString() ?? null, answeredBy: row.answered_by }),
  };
}

/** Nothing for an input that is open. */
export function resolvedFrom(row: InputRow): ResolvedInput | undefined {
  if (row.status === 'open') return undefined;
  const outcome: InputOutcome = row.status;
  return {
    id: row.id,
    key: row.key,
    outcome,
    content: row.content,
    remember: row.remember,
    answeredBy: row.answered_by,
    answeredAt: row.answered_at?.toISOString() ?? null,
  };
}

/** The turn of a closed input, as a row of its own. */
export function turnRowOf({ turn }: ClosedRow): TurnRow {
  const time = (text: string | null) => (text === null ? null : new Date(text));
  return {
    ...turn,
    created_at: new Date(turn.created_at),
    started_at: time(turn.started_at),
    ended_at: time(turn.ended_at),
  };
}

type Present<Value> = { readonly [Key in keyof Value]?: NonNullable<Value[Key]> };

function withoutNulls<Value extends object>(value: Value): Present<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null)) as Present<Value>;
}
