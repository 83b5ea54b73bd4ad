import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { branchedThread, TURNS } from '../support/branched-thread.js';
import { tellTurn } from '../support/logged-turns.js';
import { framesUntil } from '../support/sse-client.js';
import { stage } from '../support/stage.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

describe('the branches of a thread', () => {
  const on = stage();
  const at = branchedThread(on);
  const { asking, path, post, sent, shown, questions, head, moveTo, upTo, siblingsOf } = at;

  it('are one where nothing was edited', async () => {
    const messages = await shown();
    expect(messages.map(({ turnId }) => turnId)).toEqual(at.turns.flatMap((id) => [id, id]));
    expect(messages.map(({ parentTurnId }) => parentTurnId)).toEqual(
      at.turns.flatMap((_, index) => [at.turns[index - 1] ?? null, at.turns[index - 1] ?? null]),
    );
    for (const { siblings, turnId } of messages)
      expect(siblings).toEqual({ index: 0, count: 1, turnIds: [turnId] });
    expect(await head()).toBe(at.turns.at(-1));
  });

  it('begin with an edit in the middle, and the model hears nothing of what came after', async () => {
    const edited = await post({ content: asking('ten, edited'), after: at.turns[8] });
    expect(sent()).toEqual([...upTo(9), asking('ten, edited')]);
    const place = {
      parentTurnId: at.turns[8],
      siblings: { index: 1, count: 2, turnIds: [at.turns[9], edited.turn.id] },
    };
    expect(edited).toMatchObject({
      message: place,
      userMessage: place,
      turn: { parentTurnId: at.turns[8] },
    });
    expect(await head()).toBe(edited.turn.id);
    expect(await questions()).toEqual([...upTo(9), asking('ten, edited')]);
    expect(await questions('&order=desc')).toEqual([...upTo(9), asking('ten, edited')].toReversed());
    expect(await questions(`&branch=${at.turns.at(-1)}`)).toEqual(upTo(TURNS));
    expect(await questions(`&branch=${at.turns[11]}`)).toEqual(upTo(12));
    expect(await siblingsOf(at.turns[9]!)).toEqual({ ...place.siblings, index: 0 });

    await post({ content: asking('eleven, after the edit') });
    expect(sent()).toEqual([...upTo(9), asking('ten, edited'), asking('eleven, after the edit')]);
  });

  it('begin with an answer once more, of the same words', async () => {
    const again = await post({ regenerate: at.turns[4], options: { temperature: 1 } });
    expect(sent()).toEqual(upTo(5));
    expect(again.userMessage).toMatchObject({ content: asking(5), parentTurnId: at.turns[3] });
    expect(again.userMessage.siblings).toEqual({ index: 1, count: 2, turnIds: [at.turns[4], again.turn.id] });
    const first = await post({ regenerate: at.turns[0] });
    expect(sent()).toEqual(upTo(1));
    expect(first.userMessage).toMatchObject({ parentTurnId: null, siblings: { index: 1, count: 2 } });
    expect(await questions()).toEqual(upTo(1));
    const begun = await post({ content: asking('of another kind'), after: null });
    expect(sent()).toEqual([asking('of another kind')]);
    expect(begun.userMessage.siblings.turnIds).toEqual([at.turns[0], first.turn.id, begun.turn.id]);
    expect(await questions('&order=desc')).toEqual((await questions()).toReversed());
    expect(await questions('&order=desc')).toEqual([asking('of another kind')]);
  });

  it('are switched between, and gone on with where they ended', async () => {
    const moved = await moveTo(at.turns.at(-1)!);
    expect([moved.status, moved.body.thread.headTurnId]).toEqual([200, at.turns.at(-1)]);
    expect(await questions()).toEqual(upTo(TURNS));
    const next = await post({ content: asking(TURNS + 1) });
    expect(sent()).toEqual(upTo(TURNS + 1));
    expect(next.userMessage.siblings).toMatchObject({ index: 0, count: 1 });
    expect(await questions()).toEqual(upTo(TURNS + 1));

    // What has been followed already is followed by a branch of its own.
    await moveTo(at.turns[2]!);
    expect(await questions()).toEqual(upTo(3));
    const fourth = await post({ content: asking('four, another') });
    expect(fourth.userMessage.siblings).toEqual({
      index: 1,
      count: 2,
      turnIds: [at.turns[3], fourth.turn.id],
    });
    expect(await questions()).toEqual([...upTo(3), asking('four, another')]);
    expect(await questions(`&branch=${next.turn.id}`)).toEqual(upTo(TURNS + 1));
  });

  it('are paged through one by one: a cursor of one leads nowhere in another', async () => {
    const [one, other] = [at.turns[2]!, at.turns[3]!];
    const page = async (query: string) => {
      const { status, body } = await on.alice.ask('GET', path(`/messages?limit=1${query}`));
      return { status, ...body };
    };
    const of = async (query: string) => `&cursor=${(await page(query)).nextCursor}`;
    const [first, shownFirst] = [await of(`&branch=${one}`), await of('')];
    const refused = { status: 400, code: 'INVALID_CURSOR' };
    expect(await page(`&branch=${other}${first}`)).toMatchObject(refused);
    expect(await page(first)).toMatchObject(refused);
    expect(await page(`&branch=${one}${shownFirst}`)).toMatchObject(refused);
    for (const query of [`&branch=${one}${first}`, shownFirst])
      expect(await page(query)).toMatchObject({ status: 200, messages: [{ role: 'assistant' }] });
    // A thread that goes on is read on.
    await post({ content: asking('meanwhile') });
    expect(await page(shownFirst)).toMatchObject({ status: 200 });
    // One that shows another branch by then is not: the page would be of neither.
    await moveTo(at.turns.at(-1)!);
    expect(await page(shownFirst)).toMatchObject(refused);
    expect(await page(await of(''))).toMatchObject({ status: 200, messages: [{ role: 'assistant' }] });
  });

  it('are told of with the message, to whoever watches the thread', async () => {
    const stream = await on.alice.stream(at.threadId, asking('streamed'), { after: at.turns[1] });
    const frames = await framesUntil(stream, 'done');
    const saved = frames.find(({ type }) => type === 'message_saved')!.data['message'];
    const complete = frames.find(({ type }) => type === 'workflow_complete')!.data['message'];
    expect(saved).toMatchObject({ parentTurnId: at.turns[1], siblings: { index: 1, count: 2 } });
    expect(complete).toMatchObject({ parentTurnId: saved.parentTurnId, siblings: saved.siblings });
    const stored = (await shown()).slice(-2);
    expect(stored).toEqual([saved, complete]);
  });

  it('are left by a turn that nobody waits for', async () => {
    const { status, body } = await on.alice.ask('POST', path('/turns'), { regenerate: at.turns[1] });
    expect(status).toBe(202);
    expect(body.message).toMatchObject({ role: 'user', content: asking(2), turnId: body.turn.id });
    expect(body.turn).toMatchObject({ parentTurnId: at.turns[0], userMessageId: body.message.id });
    await until(async () => (await on.alice.ask('GET', path(''))).body.thread.activeTurnId === null);
    expect((await shown()).at(-1)).toMatchObject({ turnId: body.turn.id, status: 'complete' });
  });

  it('come of the same request once', async () => {
    const key = { 'idempotency-key': newId() };
    const first = await post({ regenerate: at.turns[6] }, at.threadId, key);
    const before = on.standIn.requests.length;
    expect((await post({ regenerate: at.turns[6] }, at.threadId, key)).turn.id).toBe(first.turn.id);
    expect(on.standIn.requests.length).toBe(before);
    for (const other of [
      { regenerate: at.turns[7] },
      { content: asking(7), after: at.turns[5] },
      { content: asking(7) },
    ]) {
      const { status, body } = await on.alice.ask('POST', path('/messages'), other, key);
      expect([status, body.code]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
    }
    const edit = { 'idempotency-key': newId() };
    const edited = await post({ content: asking('once'), after: at.turns[6] }, at.threadId, edit);
    expect((await post({ content: asking('once'), after: at.turns[6] }, at.threadId, edit)).turn.id).toBe(
      edited.turn.id,
    );
    const { body } = await on.alice.ask(
      'POST',
      path('/messages'),
      { content: asking('once'), after: null },
      edit,
    );
    expect(body.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  it('are begun by one of two tabs at once, or by both in turn', async () => {
    const thread = await on.alice.newThread();
    const { turn } = await post({ content: 'Go [[tokens=30 delay=10]]' }, thread);
    const ask = (more: object = {}) =>
      on.alice.ask('POST', path('/turns', thread), { regenerate: turn.id, ...more });
    const answers = await Promise.all([ask(), ask()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    expect(answers.find(({ status }) => status === 409)!.body.code).toBe('THREAD_BUSY');
    const running = answers.find(({ status }) => status === 202)!.body.turn.id;
    // Whoever was refused has not moved the head.
    expect(await head(thread)).toBe(running);
    const refused = await moveTo(turn.id, thread);
    expect([refused.status, refused.body.code, refused.body.details.turnId]).toEqual([
      409,
      'THREAD_BUSY',
      running,
    ]);

    const queued = await ask({ options: { onBusy: 'queue' } });
    expect(queued.status).toBe(202);
    await until(async () => (await on.alice.ask('GET', path('', thread))).body.thread.activeTurnId === null);
    const siblings = await siblingsOf(queued.body.turn.id, thread);
    expect(siblings).toEqual({ index: 2, count: 3, turnIds: [turn.id, running, queued.body.turn.id] });
    for (const id of siblings.turnIds)
      expect((await shown(`&branch=${id}`, thread)).map(({ status }) => status)).toEqual([
        'complete',
        'complete',
      ]);
  });

  it('are nobody else’s, by any id', async () => {
    const others = [await on.server.user({ sub: 'bob' }), await on.server.user({ org: 'globex' })];
    const own = at.turns[3]!;
    for (const other of others) {
      const theirs = await other.newThread();
      await refuses(other, theirs, own);
      const bodies = [{ content: 'Hi', after: own }, { regenerate: own }];
      for (const body of [...bodies, { content: 'Hi', after: null }])
        for (const route of ['/messages', '/messages/stream', '/turns'])
          expect([route, (await other.ask('POST', path(route), body)).status]).toEqual([route, 404]);
      expect((await other.ask('GET', path('/export'))).status).toBe(404);
      expect((await other.ask('POST', path('/head'), { turnId: own })).status).toBe(404);
    }
    // Nor of another thread of the same user.
    await refuses(on.alice, await on.alice.newThread(), own);
    await refuses(on.alice, at.threadId, newId());
  });

  /** In this thread, nothing is to be found by the turn's id. */
  async function refuses(user: TestUser, thread: string, turnId: string) {
    const answers = [
      await user.ask('GET', path(`/messages?branch=${turnId}`, thread)),
      await user.ask('POST', path('/head', thread), { turnId }),
      await user.ask('POST', path('/messages', thread), { content: 'Hi', after: turnId }),
      await user.ask('POST', path('/turns', thread), { regenerate: turnId }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      answers.map(() => [404, 'NOT_FOUND']),
    );
  }

  it.each([
    ['neither content nor a turn', {}],
    ['both', { content: 'Hi', regenerate: newId() }],
    ['a turn to follow along with one to answer once more', { regenerate: newId(), after: null }],
    ['an id that is none', { content: 'Hi', after: 'yesterday' }],
  ])('are refused for a message with %s', async (_, body) => {
    const { status, body: error } = await on.alice.ask('POST', path('/messages'), body);
    expect([status, error.code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('are exported as they are shown, whole', async () => {
    await moveTo(at.turns.at(-1)!);
    const whole = await shown();
    const json = await on.alice.ask('GET', path('/export'));
    expect(json.body.messages).toEqual(whole);
    expect(json.body.thread).toEqual((await on.alice.ask('GET', path(''))).body.thread);
    expect(json.headers.get('content-disposition')).toContain(`thread-${at.threadId}.json`);
    const response = await fetch(on.server.url + path('/export?format=markdown'), {
      headers: { authorization: `Bearer ${on.alice.token}` },
    });
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    const text = await response.text();
    expect([...text.matchAll(/^Question .*/gm)].map(([question]) => question)).toEqual(upTo(TURNS));
    expect(text.startsWith(`# ${json.body.thread.title}\n\n## User, `)).toBe(true);
    expect(text.match(/^## Assistant \(openai\/gpt-4o-mini\)/gm)).toHaveLength(TURNS);
  });

  it('take in what a former release says, which knows nothing of them, behind the head', async () => {
    const pool = new pg.Pool({ connectionString: on.server.connectionString });
    try {
      await moveTo(at.turns[12]!);
      const told = await tellTurn(pool, at.threadId, () => [], { endedMsAgo: 1_000, text: 'Of old' });
      expect(await head()).toBe(told.turnId);
      const next = await tellTurn(pool, at.threadId, () => [], { endedMsAgo: 1_000, text: 'Of old, too' });
      const last = await post({ content: asking('of the new release') });
      expect(sent().slice(0, 13)).toEqual(upTo(13));
      expect(sent()).toHaveLength(16);
      const messages = await shown();
      expect(messages.slice(26).map(({ turnId }) => turnId)).toEqual(
        [told.turnId, next.turnId, last.turn.id].flatMap((id) => [id, id]),
      );
      expect(messages.at(26)).toMatchObject({
        parentTurnId: at.turns[12],
        siblings: { index: 1, count: 2, turnIds: [at.turns[13], told.turnId] },
      });
      expect(await questions(`&branch=${at.turns.at(-1)}`)).toEqual(upTo(TURNS));
    } finally {
      await pool.end();
    }
  });
});
