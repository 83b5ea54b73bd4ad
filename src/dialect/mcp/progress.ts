import type { ServerContext } from '@modelcontextprotocol/server';
import { dataOf, type LoggedEvent } from '../../log/index.js';

/** A provider may send a hundred pieces a second; that it still writes is news once in a while. */
const PIECES_APART_MS = 1_000;

/**
 * Tells a client that has asked for it how far its question has come: each step and each call of a tool, and once a second
 * that the answer is being written. Absent for one that has not.
 */
export function progressOf({ mcpReq }: ServerContext): ((event: LoggedEvent) => void) | undefined {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  let progress = 0;
  let toldAt = -PIECES_APART_MS;
  const tell = (message: string) => {
    progress += 1;
    toldAt = performance.now();
    const params = { progressToken, progress, message };
    // A client that has gone needs no progress; the call itself ends with its signal.
    void mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined);
  };
  return (event) => {
    if (event.type === 'ai_response') {
      if (performance.now() - toldAt >= PIECES_APART_MS) tell('The answer is being written');
    } else if (event.type === 'workflow_status') {
      const { stepTitle, status } = dataOf(event);
      tell(`${stepTitle}: ${status.replaceAll('_', ' ')}`);
    } else if (event.type === 'tool_call') {
      const { title, name, status } = dataOf(event);
      tell(`${title ?? name}: ${status}`);
    }
  };
}
