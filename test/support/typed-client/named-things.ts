export const TURN_EVENTS = [
  'MessageSavedEvent',
  'WorkflowStatusEvent',
  'RagContextEvent',
  'AiResponseEvent',
  'AiReasoningEvent',
  'AiResetEvent',
  'ToolCallEvent',
  'ToolProgressEvent',
  'ToolResultEvent',
  'InputRequiredEvent',
  'InputResolvedEvent',
  'WorkflowCompleteEvent',
  'ErrorEvent',
  'DoneEvent',
];

export const NAMES = [
  ...['Thread', 'Message', 'Turn', 'ToolCall', 'Citation', 'Usage', 'Error', 'ErrorBody'],
  ...['TurnEvent', 'StreamEvent', 'ConnectedEvent', 'SnapshotEvent', 'SelftestEvent', ...TURN_EVENTS],
  ...['Workflow', 'WorkflowStep', 'WorkflowRun', 'Document', 'SearchResult'],
  ...['Provider', 'ProviderHealth', 'Model', 'UsageGroup', 'Health'],
];

/** What answers with text. */
export const TEXTS = ['GET /metrics', 'GET /workflows/{name}/graph'];
/** A page for a browser. */
export const PAGES = ['GET /mcp/oauth/callback'];

/** What takes more than a client to succeed: mcp-logins.spec.ts, workflows.spec.ts. */
export const ELSEWHERE = [
  ...['POST /mcp/servers/{name}/authorize', 'GET /mcp/oauth/callback', 'GET /client-metadata.json'],
  ...['POST /workflows/runs/{id}/fork', 'POST /workflows/runs/{id}/retry', 'DELETE /workflows/{name}'],
];

/** A document of whatever form: a JSON Schema. */
export const DOCUMENTS = ['GET /workflows/schema'];

/** What answers with contents of whatever type they have. */
export const CONTENTS = ['GET /chat/threads/{id}/parts/{partId}'];

/** What answers with JSON or with text, as its query says. */
export const EXPORTS = ['GET /chat/threads/{id}/export'];

/** What answers with JSON or with a stream, as its body says. */
export const EITHER = ['POST /chat', 'POST /v1/chat/completions'];
