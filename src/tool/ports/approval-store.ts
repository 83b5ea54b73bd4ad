import type { Caller, Person } from '../../kernel/index.js';

/** A user's lasting agreement to calls of a tool, as it was defined then. */
export interface Approval {
  readonly id: string;
  readonly tool: string;
  readonly definitionHash: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly createdAt: string;
}

/** How many a user may have; the oldest give way. */
export const MAX_APPROVALS = 500;

/** Injection token of the {@link ApprovalStore}. */
export const APPROVAL_STORE = Symbol('ApprovalStore');

/** What users have agreed to once and for all. Each method is about the person's own only. */
export interface ApprovalStore {
  /** Whether the person has agreed to calls of the tool with this definition. */
  has(person: Person, tool: string, definitionHash: string): Promise<boolean>;
  /** Adds an agreement; one that is there already stays as it is. */
  add(person: Person, tool: string, definitionHash: string): Promise<void>;
  /** All of the caller's, the newest first: {@link MAX_APPROVALS} at most. */
  list(caller: Caller): Promise<readonly Approval[]>;
  /** Whether there was such an agreement of the caller's. */
  remove(caller: Caller, id: string): Promise<boolean>;
  removeAll(person: Person): Promise<void>;
}
