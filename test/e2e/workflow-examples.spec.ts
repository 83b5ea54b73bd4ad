import { citationsIn, addDocument } from '../support/retrieval.js';
import { textOf, type ReceivedFrame } from '../support/sse-client.js';
import { stage } from '../support/stage.js';
import type { TestUser } from '../support/test-user.js';
import {
  asksIn,
  expire,
  lastAsked,
  orderOf,
  rest,
  said,
  statusesIn,
  through,
} from '../support/workflow-frames.js';

const on = stage();

const ANSWERED = ['ai_response', 'workflow_status', 'workflow_complete', 'done'];
const WAITING = ['connected', 'message_saved', 'workflow_status', 'input_required', 'suspended'];

/** Each frame is behind the one before it. */
function expectInOrder(frames: readonly ReceivedFrame[]): void {
  const ids = frames.flatMap(({ id }) => (id === undefined ? [] : [id]));
  expect(ids).toEqual([...new Set(ids)].toSorted((one, other) => one - other));
}

const completeIn = (frames: readonly ReceivedFrame[]) =>
  frames.find(({ type }) => type === 'workflow_complete')?.data;

const answer = async (user: TestUser, inputId: string, body: object) =>
  expect(await user.ask('POST', `/inputs/${inputId}`, body)).toMatchObject({ status: 202 });

describe('support triage', () => {
  const triage = (urgency: string, category = 'technical') =>
    JSON.stringify({ category, urgency, summary: 'The lift is stuck.' });
  const escalated = async () => {
    const threadId = await on.alice.newThread({ workflow: 'support-triage' });
    const message = { threadId, content: 'Help, the lift!', end: 'suspended' } as const;
    const frames = await said(on.standIn, on.alice, message, triage('high'));
    expect(orderOf(frames)).toEqual(WAITING);
    expect(statusesIn(frames)).toEqual([
      ...['started classify', ...through('classify', 'route'), 'transitioned escalate'],
      ...['step_started escalate', 'waiting escalate'],
    ]);
    const [input, ...others] = asksIn(frames);
    expect(others).toEqual([]);
    expect(input).toMatchObject({
      kind: 'human_step',
      prompt: 'A user needs help urgently: The lift is stuck.',
      schema: { required: ['reply'] },
    });
    return { threadId, frames, inputId: input!['inputId'] as string };
  };
  /** How the turn went on after what was asked. */
  const expectWentOn = (frames: readonly ReceivedFrame[], outcome: string, statuses: readonly string[]) => {
    expect(orderOf(frames)).toEqual(['connected', 'input_resolved', 'workflow_status', ...ANSWERED]);
    expect(frames.find(({ type }) => type === 'input_resolved')!.data).toMatchObject({ outcome });
    expect(statusesIn(frames)).toEqual([...statuses, 'transitioned classify', 'waiting classify']);
    expect(completeIn(frames)).toMatchObject({ workflow: 'support-triage', status: 'waiting' });
    expectInOrder(frames);
  };

  it('answers each message by what it is about', async () => {
    const threadId = await on.alice.newThread({ workflow: 'support-triage' });
    const about = (category: string) =>
      said(on.standIn, on.alice, { threadId, content: category }, triage('low', category), 'It is 5 euros.');
    const billing = await about('billing');
    expect(orderOf(billing)).toEqual(['connected', 'message_saved', 'workflow_status', ...ANSWERED]);
    expect(statusesIn(billing)).toEqual([
      ...['started classify', ...through('classify', 'route', 'billing')],
      ...['transitioned classify', 'waiting classify'],
    ]);
    expect(textOf(billing)).toBe('It is 5 euros.');
    expect(lastAsked(on.standIn)).toContain('name amounts and dates only where a document says them');
    const other = await about('other');
    expect(statusesIn(other)).toEqual([
      ...through('classify', 'route', 'answer'),
      ...['transitioned classify', 'waiting classify'],
    ]);
    for (const frames of [billing, other]) expectInOrder(frames);
  });

  it('asks a person where it is urgent, and passes on what that one says', async () => {
    const { threadId, frames, inputId } = await escalated();
    const sara = await on.server.user({ sub: 'sara', roles: ['user', 'support'] });
    expect((await sara.ask('GET', '/inputs?status=open')).body.inputs).toMatchObject([{ id: inputId }]);
    on.standIn.script({ say: 'Somebody is on the way to you.' });
    await answer(sara, inputId, { action: 'accept', content: { reply: 'We are coming.' } });
    const after = await rest(on.alice, threadId, frames);
    expectWentOn(after, 'accepted', ['step_completed escalate', 'transitioned relay', ...through('relay')]);
    expect(lastAsked(on.standIn)).toContain('Pass this on to me: We are coming.');
    expect(textOf(after)).toBe('Somebody is on the way to you.');
    expect(completeIn(after)).toMatchObject({ step: 'relay', message: { content: textOf(after) } });
  });

  it('answers by itself where that is declined, and apologises where nobody was there', async () => {
    const declined = await escalated();
    on.standIn.script({ say: 'I am sorry to hear that.' });
    await answer(on.alice, declined.inputId, { action: 'decline' });
    expectWentOn(await rest(on.alice, declined.threadId, declined.frames), 'declined', [
      ...['skipped escalate', 'transitioned answer', ...through('answer')],
    ]);
    const late = await escalated();
    on.standIn.script({ say: 'Nobody was there.' });
    await expire(on.server, late.inputId);
    expectWentOn(await rest(on.alice, late.threadId, late.frames), 'expired', [
      ...['skipped escalate', 'transitioned apologise', ...through('apologise')],
    ]);
  });

  it('answers what could not be classified', async () => {
    const threadId = await on.alice.newThread({ workflow: 'support-triage' });
    on.standIn.script({ fault: 'context_length' });
    const frames = await said(on.standIn, on.alice, { threadId, content: 'Hm' }, 'Hello!');
    expect(statusesIn(frames)).toEqual([
      ...['started classify', 'step_started classify', 'failed classify', 'transitioned answer'],
      ...[...through('answer'), 'transitioned classify', 'waiting classify'],
    ]);
    expect(textOf(frames)).toBe('Hello!');
    expect(frames.filter(({ type }) => type === 'error')).toEqual([]);
  });
});

describe('answers from documents', () => {
  const relevant = (is: boolean) => JSON.stringify({ relevant: is });
  const query = (words: string) => JSON.stringify({ query: words });
  const again = ['rewrite', 'search-again', 'check', 'decide'];

  it('looks again with other words, gives up after two, and begins anew with each message', async () => {
    await addDocument(on.alice, 'Lift handbook', 'The lift is reset with the cormorant key.', {});
    const threadId = await on.alice.newThread({ workflow: 'document-answers' });
    const asked = on.standIn.requests.length;
    const lost = await said(
      ...([on.standIn, on.alice, { threadId, content: 'How is it reset?' }] as const),
      ...[relevant(false), query('lift'), relevant(false), query('key'), relevant(false), 'Nothing.'],
    );
    expect(statusesIn(lost)).toEqual([
      ...['started search', ...through('search', 'check', 'decide', ...again, ...again, 'give-up')],
      ...['transitioned search', 'waiting search'],
    ]);
    expect(orderOf(lost)).toEqual(['connected', 'message_saved', 'workflow_status', ...ANSWERED]);
    expect(textOf(lost)).toBe('Nothing.');
    expect(on.standIn.requests.length - asked).toBe(6);

    const found = await said(
      ...([on.standIn, on.alice, { threadId, content: 'And the lift?' }] as const),
      ...[relevant(false), query('cormorant key'), relevant(true), 'With the key [1].'],
    );
    expect(statusesIn(found)).toEqual([
      ...through('search', 'check', 'decide', ...again, 'answer'),
      ...['transitioned search', 'waiting search'],
    ]);
    expect(orderOf(found)).toEqual([
      ...['connected', 'message_saved', 'workflow_status', 'rag_context', ...ANSWERED],
    ]);
    expect(citationsIn(found)).toMatchObject([{ marker: '[1]', title: 'Lift handbook' }]);
    expect(lastAsked(on.standIn)).toContain('cormorant key');
    const { message } = completeIn(found) as { message: { content: string; citations: unknown[] } };
    expect([message.content, message.citations.length]).toEqual(['With the key [1].', 1]);
    for (const frames of [lost, found]) expectInOrder(frames);
  });
});

describe('two reviews', () => {
  it('revise a draft until both reviewers approve it in the same round', async () => {
    const threadId = await on.alice.newThread({ workflow: 'two-reviews' });
    const reviewers = await Promise.all(
      ['editor', 'legal'].map((role) => on.server.user({ sub: role, roles: ['user', role] })),
    );
    const round = async (content: string, answers: readonly object[], then: string) => {
      const draft = await said(
        ...([on.standIn, on.alice, { threadId, content, end: 'suspended' }] as const),
        `Draft of ${content}`,
      );
      expect(textOf(draft)).toBe(`Draft of ${content}`);
      expect(asksIn(draft)).toHaveLength(2);
      const statuses = statusesIn(draft);
      for (const branch of ['editor', 'legal'])
        expect(statuses.indexOf(`waiting reviews/${branch}/check`)).toBeGreaterThan(
          statuses.indexOf('step_started reviews'),
        );
      on.standIn.script({ say: then });
      for (const [at, reviewer] of reviewers.entries()) {
        // Each sees their own, and no other.
        const { body } = await reviewer.ask('GET', '/inputs?status=open');
        expect(body.inputs).toHaveLength(1);
        await answer(reviewer, body.inputs[0].id as string, answers[at]!);
      }
      const frames = await rest(on.alice, threadId, draft);
      expect(textOf(frames)).toBe(then);
      expect(frames.filter(({ type }) => type === 'input_resolved')).toHaveLength(2);
      expect(orderOf(frames).slice(-4)).toEqual(ANSWERED);
      expectInOrder([...draft, ...frames]);
      return { statuses: statusesIn(frames), complete: completeIn(frames) };
    };
    const yes = { action: 'accept', content: { approved: true, comment: 'Lovely.' } };
    const no = { action: 'accept', content: { approved: false, comment: 'Shorter.' } };
    const declined = { action: 'decline' };

    const first = await round('One', [yes, declined], 'Revised one.');
    expect(first.statuses).toEqual(
      expect.arrayContaining(['step_completed reviews/editor/check', 'skipped reviews/legal/check']),
    );
    expect(first.complete).toMatchObject({ step: 'revise', status: 'waiting' });
    // Who approved the last one has not approved this one.
    const second = await round('Two', [declined, yes], 'Revised two.');
    expect(second.complete).toMatchObject({ step: 'revise', status: 'waiting' });
    expect(lastAsked(on.standIn).split('Lovely.')).toHaveLength(2);
    const third = await round('Three', [no, yes], 'Revised three.');
    expect(third.complete).toMatchObject({ step: 'revise', status: 'waiting' });
    expect(lastAsked(on.standIn)).toContain('Shorter.');
    const fourth = await round('Four', [yes, yes], 'Final.');
    expect(fourth.complete).toMatchObject({ step: 'finish', status: 'completed' });
    expect(fourth.statuses.slice(-2)).toEqual(['step_started finish', 'step_completed finish']);
  });
});
