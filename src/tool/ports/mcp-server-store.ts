import type { Caller, Person } from '../../kernel/index.js';

/** A server that an administrator has added to an organisation. */
export interface StoredServer {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** Headers for everybody of the organisation, sealed; absent: none. */
  readonly sealedHeaders: string | undefined;
  /** It may ask for a model's answer. */
  readonly maySample: boolean;
  /** How this server is registered with its authorization server, sealed; absent: it is not. */
  readonly sealedClient: string | undefined;
}

/** What a person has entered for a server, sealed. */
export interface StoredCredential {
  readonly server: string;
  readonly sealed: string;
}

/** That a person has let this server act at a server; what exactly is in the {@link GrantStore}. */
export interface GrantOfServer {
  readonly server: string;
  /** Another one after each login. */
  readonly id: string;
}

/** How many servers an organisation may have besides those that are configured. */
export const MAX_SERVERS = 50;

/** Injection token of the {@link McpServerStore}. */
export const MCP_SERVER_STORE = Symbol('McpServerStore');

/** The MCP servers of organisations, and what people have entered for servers. Each method is about the caller's own only. */
export interface McpServerStore {
  /** Adds a server; says what is in the way: its name is taken, or there are {@link MAX_SERVERS}. */
  add(caller: Caller, server: StoredServer): Promise<'added' | 'taken' | 'full'>;
  /** Whether there was such a server; what people have entered for it, and let it do, is gone as well. */
  remove(caller: Caller, name: string): Promise<boolean>;
  /** The servers of the caller's organisation, by name, and the credentials and grants of the caller. */
  of(person: Person): Promise<{
    readonly servers: readonly StoredServer[];
    readonly credentials: readonly StoredCredential[];
    readonly grants: readonly GrantOfServer[];
  }>;
  /** Keeps a credential in place of the one before it. */
  putCredential(person: Person, server: string, sealed: string): Promise<void>;
  /** Whether there was one. */
  removeCredential(person: Person, server: string): Promise<boolean>;
  /** Removes all that a person has entered, let servers do, and begun. */
  removeAll(person: Person): Promise<void>;
}
