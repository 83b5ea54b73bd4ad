import type { Person } from '../../kernel/index.js';
import type { McpEndpoint } from '../../platform/config/index.js';
import type { Tool } from './tool.js';

/** An MCP server as one person reaches it. */
export interface ServerTarget {
  readonly name: string;
  /** With the person's own credential among the headers. */
  readonly endpoint: McpEndpoint;
  readonly isTrusted: boolean;
  /** It may ask for a model's answer, which the person is asked about each time. */
  readonly maySample: boolean;
  /** Addresses of the folders that it is told to work in. */
  readonly roots: readonly string[];
  /** The operator has configured it: it may be where others may not reach. */
  readonly isConfigured: boolean;
  /** What the person has let this server do there, by its id; absent: nothing. */
  readonly grant?: string | undefined;
}

/** `connecting`: it was asked and has not answered yet, or nobody has asked it since it was closed. */
export type ServerStatus = 'connected' | 'connecting' | 'needs_authorization' | 'failed';

/** How a server does, as far as this person and this process know. */
export interface ServerState {
  readonly status: ServerStatus;
  readonly protocolVersion: string | null;
  /** How many of each it has for the person. */
  readonly tools: number;
  readonly resources: number;
  readonly prompts: number;
  /** What is wrong, in words for the person; without addresses and secrets. */
  readonly error?: string | undefined;
}

/** What a server offers to be attached to a message. */
export interface ServerResource {
  readonly uri: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly mediaType?: string | undefined;
}

/** What a server offers to be said. */
export interface ServerPrompt {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly arguments: readonly {
    readonly name: string;
    readonly description?: string | undefined;
    readonly required: boolean;
  }[];
}

/** A prompt of a server, and what its user fills in. */
export interface AskedPrompt {
  readonly name: string;
  readonly arguments?: Readonly<Record<string, string>> | undefined;
}

/** Injection token of {@link ToolServers}. */
export const TOOL_SERVERS = Symbol('ToolServers');

/**
 * MCP servers, reached for one person at a time: nobody is given what another person's credential shows. Connections are opened
 * when they are needed, and closed when they are not.
 */
export interface ToolServers {
  /**
   * The tools of a server, in its order; none while it cannot be reached, which {@link state} tells of. It takes some seconds at
   * most, and no time while the server is known to be away. Throws the signal's reason when that aborts.
   */
  tools(person: Person, target: ServerTarget, signal?: AbortSignal): Promise<readonly Tool[]>;
  /** How the server does; it is asked first where that is not known, and waited for so many milliseconds. */
  state(person: Person, target: ServerTarget, waitMs: number): Promise<ServerState>;
  /** What the server has to attach. Throws an `AppError` when it cannot be asked. */
  resources(person: Person, target: ServerTarget): Promise<readonly ServerResource[]>;
  /** What the server has to say. Throws an `AppError` when it cannot be asked. */
  prompts(person: Person, target: ServerTarget): Promise<readonly ServerPrompt[]>;
  /** What a resource holds, as text: so many characters at most. Throws an `AppError` when it cannot be read. */
  read(person: Person, target: ServerTarget, uri: string, maxChars: number): Promise<string>;
  /** What a prompt says with these arguments, as text: so many characters at most. Throws an `AppError` when it says nothing. */
  prompt(person: Person, target: ServerTarget, prompt: AskedPrompt, maxChars: number): Promise<string>;
  /** Closes the connections of a server: to nobody is given what it has told before. */
  forget(target: Pick<ServerTarget, 'name'>, person: Partial<Person>): void;
  /** Names of the configured servers that were reached when they were last asked. */
  connected(): readonly string[];
}
