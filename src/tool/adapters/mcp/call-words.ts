import type { ToolOutput } from '../../core/tool-output.js';
import type { Failure } from './call-failure.js';

/** Ends a call with words for the model. */
export class EndsWith extends Error {}

/** A call that came to nothing, in words for the model. */
export function failed(words: string): ToolOutput {
  return { ok: false, parts: [{ type: 'text', text: words }] };
}

/** Of a call that a server has begun, and does not end. */
export function unfinished(server: string, why: string): string {
  return `The MCP server ${server} has not finished the call. ${why}`;
}

/** Of a call whose question went with the connection that it waited on. */
export function lost(server: string): string {
  return (
    `The question that the MCP server ${server} has asked the user is lost: the connection over which it waited is gone. ` +
    'Whether the call was carried out is unknown. Tell the user, and do not call it again by yourself.'
  );
}

/** Of a call that has failed. */
export function failureWords(server: string, { kind, reason }: Failure): string {
  switch (kind) {
    case 'unauthorized':
      return `The MCP server ${server} did not make the call, and the user has to allow it. To the user it says: ${reason}`;
    case 'refused':
      return `The MCP server ${server} did not make the call. ${reason}`;
    case 'gone':
    case 'unreached':
      return `The MCP server ${server} cannot be reached. Nothing was called. ${reason}`;
    case 'unknown':
      return (
        `Whether the MCP server ${server} has carried out this call is unknown. ${reason} It was not repeated. ` +
        'Tell the user, and do not call it again by yourself.'
      );
  }
}
