import { saying, toolThatSays } from '../../../test/support/tools.js';
import type { ApprovalPolicy } from '../ports/tool.js';
import { withStricterApproval, type ApprovalPolicies } from './approval-policy.js';

const POLICIES: readonly ApprovalPolicy[] = ['never', 'ask', 'always'];
const tool = (approval: ApprovalPolicy, name = 'files__read') =>
  toolThatSays(saying('done'), { name, approval });
const under = (own: ApprovalPolicy, policies: ApprovalPolicies) =>
  withStricterApproval(tool(own), policies).definition.approval;

describe('the policy that a step of a workflow adds to a tool', () => {
  it.each(POLICIES.flatMap((own) => POLICIES.map((step) => [own, step] as const)))(
    'is the stricter one of %s and %s',
    (own, step) => {
      const stricter = POLICIES[Math.max(POLICIES.indexOf(own), POLICIES.indexOf(step))];
      expect(under(own, { files__read: step })).toBe(stricter);
    },
  );

  it('is the strictest of those that mean the tool', () => {
    expect(under('never', { '*': 'ask', 'files__*': 'always', files__read: 'ask' })).toBe('always');
    expect(under('never', { '*': 'ask' })).toBe('ask');
    expect(under('never', { 'file__*': 'always', files__write: 'always', files__: 'always' })).toBe('never');
  });

  it('leaves alone what it does not change', async () => {
    const free = tool('never');
    expect(withStricterApproval(free, {})).toBe(free);
    const context = {} as Parameters<typeof free.call>[1];
    const call = withStricterApproval(free, { '*': 'always' }).call(
      {},
      context,
      new AbortController().signal,
    );
    expect(await call.next()).toEqual({ done: true, value: saying('done') });
  });
});
