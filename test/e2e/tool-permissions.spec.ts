import { inParallel } from '../chaos/outcome.js';
import { anySeed, seeded, type Random } from '../chaos/random.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { call, of } from '../support/agent-stage.js';
import { addressOf, BODIES, NOBODYS, QUERIES, withIds, type Things } from '../support/owned-things.js';
import { nameOf, operationsOf, servedDocument, type Operation } from '../support/served-document.js';
import { sized } from '../support/size.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ASKED_TOOL, ToolOwner, type CallingTurn } from '../support/tool-owner.js';
import { readWire } from '../support/wire-client.js';

const CASES = sized(300, 10_000);
const BATCH = 50;
const LANES = 4;
/** The same names in both, and an admin in each. */
const EVERYBODY = ['acme', 'globex'].flatMap((org) => [
  { sub: 'ada', org, remembers: org === 'acme' },
  { sub: 'bob', org },
  { sub: 'root', org, roles: ['user', 'admin', 'operator'] },
]);
/** The ids of messages are those that clients give, and documents have a suite of their own. */
const ELSEWHERE = /^\/(rag|api\/stream)/;

/** Comes to what must not be. */
type Attempt = (actor: ToolOwner) => Promise<string[]>;

describe('tools, their results, and what people are asked about them', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let operations: readonly Operation[];
  let owners: readonly ToolOwner[];
  let random: Random;
  const seed = anySeed();
  beforeAll(async () => {
    random = seeded(seed);
    standIn = await startOpenAiStandIn();
    server = await startTestServer({
      ...{ OPENAI_URL: standIn.url, TOOL_APPROVAL: `${ASKED_TOOL}=ask` },
    });
    const document = await servedDocument(server.url);
    operations = withIds(document, operationsOf(document)).filter(
      ({ template }) => !ELSEWHERE.test(template),
    );
    owners = await Promise.all(EVERYBODY.map((claims) => ToolOwner.start(server, claims)));
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  const anyTurn = () => random.pick(owners).turns;
  const thingsOf = ({ owner, things }: CallingTurn): Things => ({
    ...things,
    approval: owner.approval ?? NOBODYS.approval,
  });

  async function send(actor: ToolOwner, operation: Operation, things: Things, way: number) {
    const body = BODIES[nameOf(operation)]?.(things)[way];
    const query = QUERIES[nameOf(operation)]?.(things)[way] ?? '';
    const path = addressOf(operation, things) + query;
    const response = await fetch(server.url + path, {
      method: operation.method,
      headers: {
        authorization: `Bearer ${actor.user.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (isStream) await response.body?.cancel();
    return { status: response.status, text: isStream ? '' : await response.text() };
  }
  const said = (operation: Operation, things: Things, way: number) =>
    [
      addressOf(operation, things),
      QUERIES[nameOf(operation)]?.(things)[way],
      JSON.stringify(BODIES[nameOf(operation)]?.(things)[way]),
    ].join(' ');

  /** Any route with any ids: those of one's own turn, and some or all of somebody's in their place. */
  async function tryRoute(actor: ToolOwner): Promise<string[]> {
    const theirs = random.pick(anyTurn());
    const mine = random.pick(actor.turns);
    const [own, foreign] = [thingsOf(mine), thingsOf(theirs)];
    const kinds = Object.keys(NOBODYS) as (keyof Things)[];
    const taken = random.next() < 0.5 ? kinds : kinds.filter(() => random.next() < 0.5);
    const mixed = (from: Things): Things =>
      Object.assign({ ...own }, ...taken.map((kind) => ({ [kind]: from[kind] }))) as Things;
    const operation = random.pick(operations);
    const ways = BODIES[nameOf(operation)] ?? QUERIES[nameOf(operation)];
    const way = random.between(0, (ways?.(own).length ?? 1) - 1);
    const asked = said(operation, mixed(foreign), way);
    const isForeign = theirs.owner !== actor && asked !== said(operation, mixed(own), way);
    const where = `${actor.name}, ${nameOf(operation)} ${way} with what is of ${theirs.owner.name}`;
    if (!isForeign) return tryOwn(actor, operation, own);
    const { status, text } = await send(actor, operation, mixed(foreign), way);
    const nobodys = await nobodysAnswer(mine, operation, mixed(NOBODYS), way);
    const leaks = owners.some(
      (owner) => owner !== actor && owner.turns.some(({ secret }) => text.includes(secret)),
    );
    const isRefused = status >= 400 && status === nobodys.status && text === nobodys.text;
    return isRefused && !leaks
      ? []
      : [`${where}: ${status} ${text.slice(0, 200)}, as nobody’s ${nobodys.status}`];
  }

  /** Of ids of nothing, with those of one's own turn beside them. */
  const nobodys = new Map<string, ReturnType<typeof send>>();
  function nobodysAnswer({ owner, isOpen }: CallingTurn, operation: Operation, things: Things, way: number) {
    const key = `${isOpen} ${nameOf(operation)} ${said(operation, things, way)}`;
    const known = nobodys.get(key) ?? send(owner, operation, things, way);
    nobodys.set(key, known);
    return known;
  }

  /** What is one's own is there, so that what is refused is not refused to everybody. */
  async function tryOwn(actor: ToolOwner, operation: Operation, own: Things): Promise<string[]> {
    if (operation.method !== 'GET') return [];
    const isThere = !Object.values(NOBODYS).some((id) => said(operation, own, 0).includes(id));
    const { status, text } = await send(actor, operation, own, 0);
    return status === (isThere ? 200 : 404)
      ? []
      : [`${actor.name}, own ${nameOf(operation)}: ${status} ${text}`];
  }

  async function tryLists(actor: ToolOwner): Promise<string[]> {
    const { secret, owner, things } = random.pick(anyTurn());
    const waiting = actor.open.map((turn) => turn.things.input);
    const { body: found } = await actor.user.ask('GET', `/chat/threads?q=${secret}`);
    const isFound = found.threads.some(({ id }: { readonly id: string }) => id === things.thread);
    const { text } = await readWire(server.url, actor.user, '/tools');
    return [
      ...same(`${actor.name} has other inputs`, (await actor.inputs()).toSorted(), waiting.toSorted()),
      ...same(`${actor.name} has other approvals`, await actor.approvals(), [actor.approval ?? []].flat()),
      ...(isFound && owner !== actor ? [`${actor.name} finds a thread of ${owner.name}`] : []),
      ...(text.includes('heirloom') ? ['GET /tools tells secrets'] : []),
    ];
  }

  /** A model is made to read on in somebody’s result, in a thread of the actor’s and without one. */
  async function tryReading(actor: ToolOwner): Promise<string[]> {
    const target = random.pick(random.pick(owners).finished);
    const thread =
      random.next() < 0.5 ? random.pick(actor.finished).things.thread : await actor.user.newThread();
    const content = `Read on. ${call('read_result', { callId: target.callId, offset: 14_000 })}`;
    const path = `/chat/threads/${thread}/messages`;
    const { body } = await actor.user.ask('POST', path, { content, options: { tools: true } });
    const isOwn = thread === target.things.thread && target.callId !== 'call_0';
    const isRead = body.response.includes(target.secret);
    const { events } = await readWire(server.url, actor.user, '/chat', {
      ...{ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] },
      tools: [{ type: 'function', function: { name: 'read_result', parameters: { type: 'object' } } }],
    });
    const stateless = JSON.stringify(of(events, 'tool_call_result'));
    return [
      ...same(`${actor.name} reads on in a result of ${target.owner.name}`, isRead, isOwn),
      ...(stateless.includes(target.secret) ? [`${actor.name} reads without a thread`] : []),
    ];
  }

  /** Nobody’s agreement is anybody else’s. */
  async function tryAsking(actor: ToolOwner): Promise<string[]> {
    const status = await actor.ask();
    return same(`${actor.name} was asked`, status, actor.approval === undefined ? 202 : 201);
  }

  async function tryAnswering(actor: ToolOwner): Promise<string[]> {
    if (actor.open.length === 0) return [];
    const action = random.pick(['accept', 'accept', 'decline', 'cancel']);
    const remember = random.next() < 0.3;
    const former = actor.approval;
    const status = await actor.answer(random.pick(actor.open), { action, remember });
    const expected = former !== undefined || (remember && action === 'accept');
    return [
      ...same(`${actor.name} answers`, status, 202),
      ...same(`${actor.name} is remembered`, actor.approval !== undefined, expected),
    ];
  }

  async function tryForgetting(actor: ToolOwner): Promise<string[]> {
    if (actor.approval === undefined) return [];
    const { status } = await actor.user.ask('DELETE', `/me/approvals/${actor.approval}`);
    actor.approval = undefined;
    return same(`${actor.name} forgets`, status, 204);
  }

  const TRIES: readonly (readonly [share: number, attempt: Attempt])[] = [
    [0.87, tryRoute],
    [0.06, tryLists],
    [0.02, tryReading],
    [0.02, tryAsking],
    [0.02, tryAnswering],
    [0.01, tryForgetting],
  ];
  function anyAttempt(): Attempt {
    let left = random.next();
    for (const [share, attempt] of TRIES) {
      left -= share;
      if (left < 0) return attempt;
    }
    return tryRoute;
  }

  it(`are nobody else’s, in ${CASES} cases`, async () => {
    const problems: string[] = [];
    for (const owner of owners) problems.push(...(await tryAsking(owner)));
    const isReading = (attempt: Attempt) => attempt === tryRoute || attempt === tryLists;
    for (let count = 0; count < CASES; count += BATCH) {
      const attempts = Array.from({ length: Math.min(BATCH, CASES - count) }, anyAttempt);
      const run = async (attempt: Attempt) => void problems.push(...(await attempt(random.pick(owners))));
      // Side by side until something of somebody's changes.
      await inParallel(attempts.filter(isReading), LANES, run);
      for (const attempt of attempts) if (!isReading(attempt)) await run(attempt);
    }
    // Whatever was tried, what each of them has is as they left it.
    for (const owner of owners) {
      problems.push(...(await tryLists(owner)));
      for (const { things, secret, isOpen } of owner.turns) {
        const path = `/chat/threads/${things.thread}`;
        const [{ text }, { body }] = [
          await readWire(server.url, owner.user, `${path}/messages?limit=200`),
          await owner.user.ask('GET', `${path}/turns/${things.turn}`),
        ];
        if (!text.includes(secret)) problems.push(`${owner.name} has lost what was said`);
        problems.push(...same(`a turn of ${owner.name}`, body.turn.status, isOpen ? 'waiting' : 'completed'));
      }
    }
    expect({ seed, problems: problems.slice(0, 10) }).toEqual({ seed, problems: [] });
  }, 1_200_000);
});

/** That two things are not the same, if they are not. */
function same(what: string, found: unknown, expected: unknown): string[] {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  return left === right ? [] : [`${what}: ${left} instead of ${right}`];
}
