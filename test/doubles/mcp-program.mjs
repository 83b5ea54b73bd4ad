// An MCP server over standard input and output, of the era that its first argument names. Its tool `environment` tells what it
// was started with; `die` ends it in the middle of the call.
import { createInterface } from 'node:readline';

const [era] = process.argv.slice(2);
const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const done = era === 'modern' ? { resultType: 'complete' } : {};
const cacheable = era === 'modern' ? { ...done, ttlMs: 60_000, cacheScope: 'private' } : {};
const capabilities = { tools: {} };
const tools = ['environment', 'die', 'hang'].map((name) => ({ name, inputSchema: { type: 'object' } }));
let hanging;

const ANSWERS = {
  'server/discover': () =>
    era === 'modern' && { supportedVersions: ['2026-07-28'], capabilities, ...cacheable },
  initialize: () =>
    era === 'legacy' && {
      protocolVersion: '2025-11-25',
      capabilities,
      serverInfo: { name: 'program', version: '1' },
    },
  'tools/list': () => ({ tools, ...cacheable }),
  'tools/call': ({ name }, id) => {
    if (name === 'die') process.exit(3);
    if (name === 'hang') {
      hanging = id;
      return undefined;
    }
    const text = JSON.stringify({
      pid: process.pid,
      variables: Object.keys(process.env),
      own: process.env.OWN,
    });
    return { content: [{ type: 'text', text }], ...done };
  },
};

process.stderr.write('a secret that belongs in no log\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params = {} } = JSON.parse(line);
  if (method === 'notifications/cancelled' && params.requestId === hanging) process.exit(0);
  if (id === undefined) continue;
  const result = ANSWERS[method]?.(params, id);
  if (result === undefined && method === 'tools/call') continue;
  if (result) say({ id, result });
  else say({ id, error: { code: -32_601, message: 'Method not found' } });
}
