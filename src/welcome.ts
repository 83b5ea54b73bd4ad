import { CreateThread } from './chat/index.js';
import type { Caller } from './kernel/index.js';
import { ModelDirectory } from './llm/index.js';
import { callerFromClaims, DevTokens, TokenVerifier } from './platform/auth/index.js';
import { VERSION, type Config } from './platform/config/index.js';
import type { Server } from './server.js';
import { THREAD_STORE, type ThreadStore } from './thread/index.js';

/** The message of `npm start` once the server listens: what it uses, and a command that streams an answer. */
export async function welcome(server: Server, config: Config): Promise<string> {
  const models = server.app.get(ModelDirectory, { strict: false });
  const current = models.get(models.current());
  const lines = [
    '',
    `Threadline ${VERSION} listens on ${server.url}`,
    `  database  ${server.embedded === undefined ? `Postgres at ${placeOf(config.DATABASE_URL)}` : `embedded Postgres in ${server.embedded.location}`}`,
    `  queue     ${config.REDIS_URL === undefined ? 'in the database' : `Redis at ${placeOf(config.REDIS_URL)}`}`,
    `  provider  ${current.provider}${current.isStandIn === true ? ' (no language model: set the key or address of one, such as OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_URL)' : ''}`,
    `  docs      ${server.url}/docs`,
  ];
  if (config.ROLE === 'api')
    lines.push('  role      api: turns are run by processes with ROLE=all or ROLE=worker');
  if (config.devAuth) lines.push(...(await firstSteps(server)));
  return [...lines, ''].join('\n');
}

async function firstSteps({ app, url }: Server): Promise<string[]> {
  const { token } = await app.get(DevTokens, { strict: false }).issue();
  const caller = callerFromClaims(await app.get(TokenVerifier, { strict: false }).verify(token));
  const threadId = await emptyThread(app, caller);
  return [
    `  token     ${token}`,
    '            (a dev token: anybody on this machine can make one; set JWT_SECRET to end that)',
    '',
    'Paste this to see an answer stream:',
    '',
    `curl -N -X POST ${url}/chat/threads/${threadId}/messages/stream -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{"content":"Hello! What can you do?"}'`,
  ];
}

/** The dev user's newest thread if it is empty, or a new one: repeated starts leave one empty thread. */
async function emptyThread(app: Server['app'], caller: Caller): Promise<string> {
  const threads = app.get<ThreadStore>(THREAD_STORE, { strict: false });
  const { threads: newest } = await threads.list(caller, 1, undefined, undefined);
  const [thread] = newest;
  if (thread?.messageCount === 0) return thread.id;
  return (await app.get(CreateThread, { strict: false }).create(caller, {})).id;
}

/** The message of a worker once it runs turns. */
export function workerWelcome({ REDIS_URL, DATABASE_URL }: Config): string {
  return [
    '',
    `Threadline ${VERSION} runs turns; it listens nowhere`,
    `  database  Postgres at ${placeOf(DATABASE_URL)}`,
    `  queue     ${REDIS_URL === undefined ? 'in the database' : `Redis at ${placeOf(REDIS_URL)}`}`,
    '',
  ].join('\n');
}

/** A URL without its credentials and query string. */
function placeOf(url = ''): string {
  return url.replace(/^\w+:\/\/([^@/]*@)?/, '').replace(/\?.*$/, '');
}
