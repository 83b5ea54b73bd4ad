import type { McpServer, ServerContext, ServerEvent } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/index.js';

/** The request that an MCP server is made for. */
export interface McpRequest {
  readonly caller: Caller;
  /** `legacy` clients begin with `initialize`; they can be told things, and asked nothing. */
  readonly era: 'modern' | 'legacy';
}

/** Something that our MCP server offers. */
export interface McpFeature {
  /** Adds its tools and resources to a server that serves this one request. */
  register(server: McpServer, request: McpRequest): void;
  /** Tells of changes to what it offers the caller, from whichever process, until the answered function is called. */
  follow?(caller: Caller, changed: (event: ServerEvent) => void): () => void;
  /**
   * The state of an earlier question of its own that a request brings back, which anybody may have made up; absent for any other
   * text.
   */
  readState?(state: string, context: ServerContext): Promise<unknown>;
}

/** Injection token of what our MCP server offers: `readonly McpFeature[]`. */
export const MCP_FEATURES = Symbol('McpFeatures');
