import { AgentChatClient } from '../doubles/agent-chat-client.js';
import { shapeProblems } from '../doubles/agent-chat-events.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startSearchStandIn, type SearchStandIn } from '../doubles/search-stand-in.js';
import { startWebsite, type Website } from '../doubles/website.js';
import { startTestServer, type TestServer } from './test-server.js';
import type { TestUser } from './test-user.js';
import { until } from './until.js';
import { readWire, type WireEvent } from './wire-client.js';

/** What makes the stand-in's model call a tool. */
export const call = (name: string, args: unknown) => `{{call ${name} ${JSON.stringify(args)}}}`;
/** What makes it run a program. */
export const js = (code: string) => call('execute_javascript', { code });

/** What the events of a type say. */
export const of = (events: readonly WireEvent[], type: string) =>
  events.filter(({ event }) => event === type).map(({ data }) => data);

const STOPPED = /threadline_tool_calls_total\{[^}]*outcome="stopped"[^}]*\} [1-9]/;

/** A server with tools over stand-ins for OpenAI, Groq, a search service and a site of the web, for the specs of the surrounding `describe`. */
export function agentStage(environment: Record<string, string> = {}, { searches = true } = {}) {
  let openAi: OpenAiStandIn;
  let groq: OpenAiStandIn;
  let search: SearchStandIn;
  let site: Website;
  let server: TestServer;
  let alice: TestUser;
  beforeAll(async () => {
    [openAi, groq] = [await startOpenAiStandIn(), await startOpenAiStandIn()];
    [search, site] = [await startSearchStandIn(), await startWebsite()];
    server = await startTestServer({
      OPENAI_API_URL: `${openAi.url}/chat/completions`,
      GROQ_URL: groq.url,
      GROQ_API_KEY: 'gsk-test',
      EGRESS_ALLOW: `127.0.0.1:${site.port}`,
      LLM_MAX_RETRIES: '0',
      LLM_BREAKER_THRESHOLD: '1000',
      ...(searches ? { SEARCH_KIND: 'searxng', SEARCH_URL: search.url } : {}),
      ...environment,
    });
    alice = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    await Promise.all([openAi?.close(), groq?.close(), search?.close(), site?.close()]);
  });

  const post = (path: string, body: unknown) => readWire(server.url, alice, path, body);

  return {
    get openAi() {
      return openAi;
    },
    get groq() {
      return groq;
    },
    get search() {
      return search;
    },
    get site() {
      return site;
    },
    get server() {
      return server;
    },
    get alice() {
      return alice;
    },
    post,
    /** The events of an answer of `POST /chat`, which are such as its clients make sense of. */
    async events(body: unknown): Promise<readonly WireEvent[]> {
      const { status, headers, events } = await post('/chat', body);
      expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
      expect(shapeProblems(events)).toEqual([]);
      expect(AgentChatClient.shown(events).problems).toEqual([]);
      return events;
    },
    /** Resolves when a call of a tool was stopped. */
    toolStopped: () => until(async () => STOPPED.test(await (await fetch(`${server.url}/metrics`)).text())),
  };
}
