import { isDeepStrictEqual } from 'node:util';
import { expectedText } from '../doubles/openai-stand-in.js';
import { threadProblems } from './checks.js';
import { stepProblems } from './kills.js';
import type { Said, SharedThread, UpgradeStage } from './upgrade-stage.js';

/** What must hold of a thread that both releases wrote to, once the former one is gone: one line of turns, all of it shown. */
export async function lineProblems(stage: UpgradeStage, thread: SharedThread): Promise<string[]> {
  const { stored } = stage;
  const problems = await threadProblems(stored, thread.id, thread.watchers);
  const [turns, head] = await Promise.all([stored.tree(thread.id), stored.head(thread.id)]);
  const ids = turns.map(({ id }) => id);
  if (ids.length !== thread.said.length)
    problems.push(`${thread.id}: has ${ids.length} turns for ${thread.said.length} messages`);
  turns.forEach(({ parent_turn_id, branch }, index) => {
    if (parent_turn_id !== (ids[index - 1] ?? null) || branch !== 0)
      problems.push(`${thread.id}: turn ${index + 1} of branch ${branch} does not follow the one before it`);
  });
  const wanted = {
    head_turn_id: ids.at(-1) ?? null,
    head_parent_turn_id: ids.at(-2) ?? null,
    ...{ head_branch: 0, branch_count: 0 },
  };
  if (!isDeepStrictEqual({ ...head }, wanted))
    problems.push(`${thread.id}: its head is ${JSON.stringify(head)}`);
  problems.push(...(await shownProblems(stage, thread, thread.said, ids)));
  if (thread.isGuided) problems.push(...(await stepProblems(stored, thread.id, thread.said.length)));
  return problems;
}

/** Whether the thread shows this, in this order, as turns of which each follows the one before and has no siblings. */
async function shownProblems(
  stage: UpgradeStage,
  thread: SharedThread,
  said: readonly Said[],
  turnIds: readonly string[],
): Promise<string[]> {
  const messages = await shown(stage, thread);
  const found = messages.map(({ role, content, turnId, parentTurnId, siblings }) => ({
    ...{ role, content, turnId, parentTurnId, siblings },
  }));
  const wanted = said.flatMap(({ content, answer }, index) => {
    const place = {
      turnId: turnIds[index],
      parentTurnId: turnIds[index - 1] ?? null,
      siblings: { index: 0, count: 1, turnIds: [turnIds[index]] },
    };
    return [
      { role: 'user', content, ...place },
      { role: 'assistant', content: answer, ...place },
    ];
  });
  return isDeepStrictEqual(found, wanted)
    ? []
    : [`${thread.id}: shows ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`];
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever came over the wire
async function shown(stage: UpgradeStage, thread: SharedThread): Promise<Record<string, any>[]> {
  const user = await stage.user('this', thread);
  return (await user.ask('GET', `/chat/threads/${thread.id}/messages?limit=200`)).body.messages;
}

/** Begins a branch after the thread's first turn: its messages are those, the line's are still there, and can be shown again. */
export async function branchProblems(stage: UpgradeStage, thread: SharedThread): Promise<string[]> {
  const problems: string[] = [];
  const [first, second] = await stage.stored.tree(thread.id);
  const last = (await stage.stored.head(thread.id)).head_turn_id;
  const content = `Otherwise in ${thread.sub} [[tokens=4]]`;
  const answer = await stage.post(thread, 'this', { content, after: first!.id });
  if (answer.body.response !== expectedText(4))
    return [`${content}: answered ${answer.status} ${JSON.stringify(answer.body)}`];
  const own = answer.body.turn.id;
  const messages = await shown(stage, thread);
  const contents = messages.map((message) => message['content']);
  const begun = thread.said[0]!;
  if (!isDeepStrictEqual(contents, [begun.content, begun.answer, content, expectedText(4)]))
    problems.push(`${thread.id}: its branch shows ${JSON.stringify(contents)}`);
  const siblings = { index: 1, count: 2, turnIds: [second!.id, own] };
  if (!isDeepStrictEqual(messages.at(-1)?.['siblings'], siblings))
    problems.push(`${thread.id}: a branch has the siblings ${JSON.stringify(messages.at(-1)?.['siblings'])}`);
  if (thread.isGuided && messages.at(-1)?.['step'] !== 'clarify')
    problems.push(`${thread.id}: its branch goes on with ${messages.at(-1)?.['step']}`);
  const user = await stage.user('this', thread);
  const back = await user.ask('POST', `/chat/threads/${thread.id}/head`, { turnId: last });
  if (back.status !== 200)
    problems.push(`${thread.id}: its head stays, ${back.status} ${JSON.stringify(back.body)}`);
  return [...problems, ...(await contentProblems(stage, thread))];
}

/** Whether the thread shows all that was said in its line, and nothing else. */
export async function contentProblems(stage: UpgradeStage, thread: SharedThread): Promise<string[]> {
  const line = (await shown(stage, thread)).map((message) => message['content']);
  const wanted = thread.said.flatMap(({ content, answer }) => [content, answer]);
  return isDeepStrictEqual(line, wanted) ? [] : [`${thread.id}: its line shows ${JSON.stringify(line)}`];
}
