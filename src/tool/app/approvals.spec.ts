import { newUser } from '../../../test/support/callers.js';
import { newId } from '../../kernel/index.js';
import { Approvals } from './approvals.js';

describe('what a user has agreed to', () => {
  it('is listed page by page, also behind one that is gone by then', async () => {
    const named = (id: string) => ({ id, tool: 'count', definitionHash: 'hash', createdAt: '' });
    let kept = Array.from({ length: 5 }, newId).toReversed().map(named);
    const ids = kept.map(({ id }) => id);
    const store = { list: () => Promise.resolve(kept) };
    const approvals = new Approvals(store as unknown as ConstructorParameters<typeof Approvals>[0]);
    const page = async (after?: string) => {
      const { approvals: listed, next } = await approvals.page(newUser(), 2, after);
      return [listed.map(({ id }) => id), next];
    };
    expect(await page()).toEqual([[ids[0], ids[1]], ids[1]]);
    kept = kept.filter(({ id }) => id !== ids[1]);
    expect(await page(ids[1])).toEqual([[ids[2], ids[3]], ids[3]]);
    expect(await page(ids[3])).toEqual([[ids[4]], undefined]);
  });
});
