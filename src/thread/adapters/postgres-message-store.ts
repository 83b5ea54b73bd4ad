import { Inject, Injectable } from '@nestjs/common';
import type {
  Basis,
  Caller,
  Citation,
  HistoryMessage,
  Message,
  MessageRole,
  MessageStatus,
  ProviderMetadata,
  ResultImage,
  Siblings,
  ToolCall,
  Usage,
  WithheldReason,
} from '../../kernel/index.js';
import { CONFIG } from '../../platform/config/index.js';
import { Database } from '../../platform/database/index.js';
import { JOINED_TABLES_SQL, type JoinedTablesSql } from '../ports/joined-tables-sql.js';
import type {
  History,
  MessagePage,
  MessagePosition,
  MessageStore,
  ResultPart,
} from '../ports/message-store.js';
import { messageStatements } from './message-statements.js';
import { PIECES_BETWEEN } from './result-part-statements.js';
import { MASKS_BY_CLEARANCE, maskValues, withheldFields, type MaskConfig } from './withheld.js';

interface MessageRow {
  readonly id: string;
  readonly thread_id: string;
  readonly turn_id: string;
  readonly parent_turn_id: string | null;
  readonly siblings: Siblings;
  readonly position: number;
  readonly part: number;
  readonly role: MessageRole;
  readonly content: string;
  readonly status: MessageStatus;
  readonly provider: string | null;
  readonly model: string | null;
  readonly usage: Usage | null;
  readonly citations: readonly Citation[];
  readonly tool_calls: readonly ToolCall[];
  readonly tool_call_id: string | null;
  readonly parts: Message['parts'] | null;
  readonly step: string | null;
  readonly created_at: Date;
  readonly withheld: WithheldReason | null;
}

/** A row of a page, which has no message where the page is empty. */
type PageRow = (MessageRow | { readonly id: null }) & {
  /** NULL in a thread without turns. */
  readonly shown_branch: number | null;
};

/** A message of the conversation. */
interface SaidRow {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly tool_calls: readonly ToolCall[];
  readonly tool_call_id: string | null;
  /** What its provider wants back with its calls. */
  readonly metadata: ProviderMetadata | null;
  /** Of what came of a call. */
  readonly images: readonly ResultImage[] | null;
}

interface ResultRow extends ResultPart {
  /** Where the whole text is stored, if the message has a part of it only. */
  readonly whole: string | null;
}

interface BasisRow {
  readonly level: number;
  readonly documents: readonly string[] | null;
}

/** Positions and parts are 32-bit; positions begin at 1. */
const LAST = 2_147_483_647;
const BEGINNINGS = { asc: { position: 0 }, desc: { position: LAST } } as const;
/** Of a position that is passed as a whole. */
const WHOLE = { asc: LAST, desc: 0 } as const;

/** How far back a prompt reaches: the number of messages and of characters, whichever is reached first. */
const HISTORY_MESSAGES = 200;
const HISTORY_CHARS = 200_000;

/** Messages in Postgres. */
@Injectable()
export class PostgresMessageStore implements MessageStore {
  private readonly statements: ReturnType<typeof messageStatements>;

  constructor(
    private readonly database: Database,
    @Inject(JOINED_TABLES_SQL) foreign: JoinedTablesSql,
    @Inject(CONFIG) private readonly config: MaskConfig = MASKS_BY_CLEARANCE,
  ) {
    this.statements = messageStatements(foreign);
  }

  async page(
    caller: Caller,
    threadId: string,
    order: 'asc' | 'desc',
    limit: number,
    { position, part = WHOLE[order] }: MessagePosition = BEGINNINGS[order],
    branch?: string,
  ): Promise<MessagePage | undefined> {
    const masks = maskValues(caller, this.config);
    const behind = [position, limit + 1, ...masks, part, branch ?? null];
    const values = [threadId, caller.org, caller.id, ...behind];
    const rows = await this.database.query<PageRow>(this.statements.page[order], values);
    const [first] = rows;
    if (first === undefined) return undefined;
    const present = rows.filter((row) => row.id !== null);
    return {
      messages: present.slice(0, limit).map(messageFrom),
      branch: first.shown_branch ?? 0,
      next: positionBetween(present[limit - 1], present[limit]),
    };
  }

  async ofTurn(caller: Caller, turnId: string): Promise<readonly Message[]> {
    const values = [turnId, caller.org, caller.id, ...maskValues(caller, this.config)];
    const rows = await this.database.query<MessageRow>(this.statements.ofTurn, values);
    return rows.map(messageFrom);
  }

  async withheldTurns(
    caller: Caller,
    turnIds: readonly string[],
  ): Promise<ReadonlyMap<string, WithheldReason>> {
    const values = [turnIds, caller.org, caller.id, ...maskValues(caller, this.config)];
    const rows = await this.database.query<{ turn_id: string; reason: WithheldReason }>(
      this.statements.withheldTurns,
      values,
    );
    return new Map(rows.map(({ turn_id, reason }) => [turn_id, reason]));
  }

  async hasSpokenBy(caller: Caller, turnId: string, messageId: string, seq: number): Promise<boolean> {
    const values = [turnId, caller.org, caller.id, messageId, seq];
    return (await this.database.query(this.statements.hasSpokenBy, values)).length > 0;
  }

  async historyBefore(caller: Caller, threadId: string, turnId: string): Promise<History> {
    const values = this.beforeValues(caller, threadId, turnId);
    const all = await this.database.query<BasisRow & SaidRow>(this.statements.historyBefore, values);
    // Cut off after a question, the history would begin with an answer, which models' templates refuse.
    const first = all.findIndex(({ role }) => role === 'user');
    const rows = first < 0 ? [] : all.slice(first);
    return { messages: rows.map(historyFrom), basis: basisFrom(rows) };
  }

  async resultOf(caller: Caller, threadId: string, callId: string, from: number, length: number) {
    const masked = maskValues(caller, this.config);
    const values = [threadId, caller.org, caller.id, callId, from, length, ...masked];
    const [row] = await this.database.query<ResultRow>(this.statements.resultOf, values);
    if (row === undefined) return undefined;
    const { whole, ...part } = row;
    return whole === null ? part : { ...part, content: await this.wholeText(whole, from, length) };
  }

  /** Characters of a text that is stored in pieces. */
  private async wholeText(id: string, from: number, length: number): Promise<string> {
    const pieces = await this.database.query<{ readonly first_character: number; readonly bytes: Buffer }>(
      PIECES_BETWEEN,
      [id, from, length],
    );
    const first = pieces[0]?.first_character ?? from;
    const characters = pieces.flatMap(({ bytes }) => [...bytes.toString()]);
    return characters.slice(from - first, from - first + length).join('');
  }

  async basisBefore(caller: Caller, threadId: string, turnId: string): Promise<Basis> {
    const values = this.beforeValues(caller, threadId, turnId);
    return basisFrom(await this.database.query<BasisRow>(this.statements.basisBefore, values));
  }

  private beforeValues(caller: Caller, threadId: string, turnId: string): readonly unknown[] {
    const masked = maskValues(caller, this.config);
    return [threadId, turnId, HISTORY_MESSAGES, HISTORY_CHARS, ...masked, caller.org, caller.id];
  }
}

/** Where the next page begins; a former release knows whole positions only. */
function positionBetween(last?: MessageRow, first?: MessageRow): MessagePosition | undefined {
  if (last === undefined || first === undefined) return undefined;
  const { position, part } = last;
  return position === first.position ? { position, part } : { position };
}

/** The newest documents first. */
function basisFrom(rows: readonly BasisRow[]): Basis {
  const documents = rows.toReversed().flatMap((row) => row.documents ?? []);
  return { level: Math.max(0, ...rows.map(({ level }) => level)), documents: [...new Set(documents)] };
}

function historyFrom({
  role,
  content,
  tool_calls: toolCalls,
  tool_call_id: toolCallId,
  metadata,
  images,
}: SaidRow): HistoryMessage {
  if (role === 'tool') {
    const seen = images === null || images.length === 0 ? {} : { images };
    return { role, content, toolCallId: toolCallId ?? '', ...seen };
  }
  if (role !== 'assistant' || toolCalls.length === 0) return { role, content };
  return { role, content, toolCalls, ...(metadata !== null && { metadata }) };
}

function messageFrom(row: MessageRow): Message {
  return {
    id: row.id,
    threadId: row.thread_id,
    turnId: row.turn_id,
    parentTurnId: row.parent_turn_id,
    siblings: row.siblings,
    role: row.role,
    content: row.content,
    status: row.status,
    provider: row.provider,
    model: row.model,
    usage: row.usage,
    citations: row.citations,
    toolCalls: row.tool_calls,
    ...(row.tool_call_id !== null && { toolCallId: row.tool_call_id }),
    ...(row.parts && { parts: row.parts }),
    step: row.step,
    createdAt: row.created_at.toISOString(),
    ...withheldFields(row.withheld),
  };
}
