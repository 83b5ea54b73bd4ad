import type { UpgradeStage } from './upgrade-stage.js';

/** What has to wait for the last process of the former release: a version of a workflow that it does not know. */
export async function newVersionProblems(stage: UpgradeStage): Promise<string[]> {
  const sub = 'early';
  const user = await stage.user('this', { sub });
  const { thread } = (await user.ask('POST', '/chat/threads', { workflow: 'guided-intake' })).body;
  const path = `/chat/threads/${thread.id}/messages`;
  const former = await stage.user('former', { sub });
  const refused = await former.ask('POST', path, { content: 'Too early [[tokens=3]]' });
  const problems: string[] = [];
  if (thread.workflowVersion === 1) problems.push('this release has no newer version of guided-intake');
  if (refused.body.code !== 'UNKNOWN_WORKFLOW')
    problems.push(
      `a newer workflow: the former release answered ${refused.status} ${JSON.stringify(refused.body)}`,
    );
  const answered = await user.ask('POST', path, { content: 'Again [[tokens=3]]' });
  if (answered.body.message?.step !== 'ask')
    problems.push(
      `a newer workflow: this release answered ${answered.status} ${JSON.stringify(answered.body)}`,
    );
  return problems;
}
