import { McpAuthorization } from '../../src/tool/adapters/mcp/oauth/mcp-authorization.js';
import { describeServerAuthorization } from '../contracts/server-authorization.contract.js';
import { AuthorizationStandIn } from '../doubles/authorization-stand-in.js';
import type { McpStandIn } from '../doubles/mcp-stand-in.js';
import { MemoryGrantStore } from '../doubles/memory-grant-store.js';
import { startProtectedMcp } from '../support/protected-mcp.js';

let logins: AuthorizationStandIn;
let notes: McpStandIn;
beforeAll(async () => {
  logins = await AuthorizationStandIn.start();
  notes = await startProtectedMcp(() => logins);
});
afterAll(() => Promise.all([logins.close(), notes.close()]));

const settings = {
  EGRESS_ALLOW: ['127.0.0.1'],
  PUBLIC_URL: undefined,
  secretsKeys: [Buffer.alloc(32, 7)],
};

describeServerAuthorization('OAuth 2.1', () =>
  Promise.resolve({
    authorization: new McpAuthorization(settings, new MemoryGrantStore()),
    target: {
      ...{ name: 'notes', isTrusted: false, isConfigured: false, maySample: false, roots: [] },
      endpoint: { transport: 'http' as const, url: notes.url, headers: {} },
    },
    async agree(address: string) {
      const { headers } = await fetch(address, { redirect: 'manual' });
      const { state = '', ...answer } = Object.fromEntries(new URL(headers.get('location')!).searchParams);
      return { state, answer };
    },
  }),
);
