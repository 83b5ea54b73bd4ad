import type { ServerEvent, ServerEventBus } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/index.js';
import type { McpFeature } from './mcp-feature.js';

/** What changes for one caller, for the clients that subscribe to it. */
export class FeatureChanges implements ServerEventBus {
  constructor(
    private readonly features: readonly McpFeature[],
    private readonly caller: Caller,
  ) {}

  /** Nothing is published here: the features know of changes, also of those that other processes make. */
  publish(): void {}

  subscribe(listener: (event: ServerEvent) => void): () => void {
    const leave = this.features.map((feature) => feature.follow?.(this.caller, listener));
    return () => leave.forEach((each) => each?.());
  }
}
