import { Injectable } from '@nestjs/common';
import type {
  Caller,
  Citation,
  Message,
  MessageRole,
  MessageStatus,
  ToolCall,
  Usage,
} from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import type { MessagePage, MessageStore, Spoken } from '../ports/message-store.js';
import * as statements from './message-statements.js';

interface MessageRow {
  readonly id: string;
  readonly thread_id: string;
  readonly turn_id: string;
  readonly position: number;
  readonly role: MessageRole;
  readonly content: string;
  readonly status: MessageStatus;
  readonly provider: string | null;
  readonly model: string | null;
  readonly usage: Usage | null;
  readonly citations: readonly Citation[];
  readonly tool_calls: readonly ToolCall[];
  readonly step: string | null;
  readonly created_at: Date;
}

/** Positions are 32-bit and begin at 1. */
const BEFORE_ALL = 0;
const AFTER_ALL = 2_147_483_647;

/** How far back a prompt reaches: so many messages and characters, whichever is reached first. */
const HISTORY_MESSAGES = 200;
const HISTORY_CHARS = 200_000;

/** Messages in Postgres. */
@Injectable()
export class PostgresMessageStore implements MessageStore {
  constructor(private readonly database: Database) {}

  async page(
    caller: Caller,
    threadId: string,
    order: 'asc' | 'desc',
    limit: number,
    after = order === 'asc' ? BEFORE_ALL : AFTER_ALL,
  ): Promise<MessagePage | undefined> {
    const values = [threadId, caller.org, caller.id, after, limit + 1];
    const rows = await this.database.query<MessageRow | { readonly id: null }>(
      statements.PAGE[order],
      values,
    );
    if (rows.length === 0) return undefined;
    const present = rows.filter((row): row is MessageRow => row.id !== null);
    return {
      messages: present.slice(0, limit).map(messageFrom),
      next: present.length > limit ? present[limit - 1]?.position : undefined,
    };
  }

  async ofTurn(caller: Caller, turnId: string): Promise<readonly Message[]> {
    const rows = await this.database.query<MessageRow>(statements.OF_TURN, [turnId, caller.org, caller.id]);
    return rows.map(messageFrom);
  }

  async historyBefore(threadId: string, turnId: string): Promise<readonly Spoken[]> {
    const values = [threadId, turnId, HISTORY_MESSAGES, HISTORY_CHARS];
    const rows = await this.database.query<Spoken>(statements.HISTORY_BEFORE, values);
    // Cut off behind a question it would begin with an answer, which models' templates refuse.
    const first = rows.findIndex(({ role }) => role === 'user');
    return first < 0 ? [] : rows.slice(first);
  }
}

function messageFrom(row: MessageRow): Message {
  return {
    id: row.id,
    threadId: row.thread_id,
    turnId: row.turn_id,
    role: row.role,
    content: row.content,
    status: row.status,
    provider: row.provider,
    model: row.model,
    usage: row.usage,
    citations: row.citations,
    toolCalls: row.tool_calls,
    step: row.step,
    createdAt: row.created_at.toISOString(),
  };
}
