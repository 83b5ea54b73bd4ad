import { AGENT_CHAT_ORDERS, orderOf, shapeProblems } from '../doubles/agent-chat-events.js';
import { AGENT_CHAT_REQUESTS as ASK, DOCUMENTED_CHAT } from '../doubles/agent-chat-requests.js';
import { Issuer, type IssuedToken } from '../doubles/issuer.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startSearchStandIn, type SearchStandIn } from '../doubles/search-stand-in.js';
import { js } from '../support/agent-stage.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { readWire } from '../support/wire-client.js';

const CLIENT_ID = 'client.apps.googleusercontent.com';
const GOOGLE = 'https://accounts.google.com';

/** What Google says of one of the two who are let in. */
const ADA = { sub: '1', email: 'user1@example.com', email_verified: true };

type Route = [path: string, body: unknown, order: readonly string[] | undefined];

const ROUTES: readonly Route[] = [
  ['/chat', ASK.withTools(`What is 6 times 7? ${js('6 * 7')}`), AGENT_CHAT_ORDERS.oneCall],
  ['/chat', DOCUMENTED_CHAT, AGENT_CHAT_ORDERS.withoutTools],
  ['/proxy', ASK.withoutTools('Hi'), undefined],
  ['/search', ASK.search('cats'), AGENT_CHAT_ORDERS.search],
  ['/planning', ASK.planning('Paint a door'), AGENT_CHAT_ORDERS.planning],
];

describe('the wire with tools for users of Google', () => {
  let google: Issuer;
  let openAi: OpenAiStandIn;
  let search: SearchStandIn;
  let server: TestServer;
  beforeAll(async () => {
    google = await Issuer.start('RS256');
    [openAi, search] = [await startOpenAiStandIn({ behaviour: { tokens: 3 } }), await startSearchStandIn()];
    server = await startTestServer({
      ...{ OPENAI_API_URL: `${openAi.url}/chat/completions`, LLM_MAX_RETRIES: '0' },
      ...{ SEARCH_KIND: 'searxng', SEARCH_URL: search.url },
      ...{ GOOGLE_CLIENT_ID: CLIENT_ID, GOOGLE_JWKS_URI: google.address },
      ALLOWED_EMAILS: 'user1@example.com,user2@example.com',
    });
  });
  afterAll(async () => {
    await server?.close();
    await Promise.all([google?.close(), openAi?.close(), search?.close()]);
  });

  const ask = async (path: string, body: unknown, claims: object, how: IssuedToken = {}) => {
    const token = await google.token({ ...claims, org: undefined }, { iss: GOOGLE, aud: CLIENT_ID, ...how });
    return readWire(server.url, { token }, path, body);
  };

  it.each<Route>(ROUTES)('answers POST %s to somebody who is let in', async (path, body, order) => {
    for (const claims of [ADA, { ...ADA, sub: '2', email: 'User2@example.com' }]) {
      const { status, events, text } = await ask(path, body, claims);
      expect([status, shapeProblems(events)]).toEqual([200, []]);
      const without = path === '/chat' ? undefined : (['status'] as const);
      if (order !== undefined) expect(orderOf(events, without)).toEqual(order);
      else expect(JSON.parse(text)).toMatchObject({ object: 'chat.completion' });
    }
  });

  it.each<[why: string, claims: object, how?: IssuedToken]>([
    ['is not on the list', { ...ADA, email: 'user3@example.com' }],
    ['has not shown that the address is theirs', { ...ADA, email_verified: false }],
    ['has no address', { sub: '1' }],
    ['came for another client', ADA, { aud: 'other.apps.googleusercontent.com' }],
    ['came too late', ADA, { exp: -600 }],
    ['brings what a stranger has signed', ADA, { by: 'stranger' }],
    ['brings what another issuer has said', ADA, { iss: 'https://accounts.example.com' }],
  ])('refuses all of it to somebody who %s, and asks nobody', async (_why, claims, ...how) => {
    const asked = [openAi.requests.length, search.requests.length];
    for (const [path, body] of ROUTES) {
      const { status, text } = await ask(path, body, claims, ...how);
      expect([path, status, JSON.parse(text).code]).toEqual([path, 401, 'UNAUTHENTICATED']);
    }
    expect([openAi.requests.length, search.requests.length]).toEqual(asked);
  });
});
