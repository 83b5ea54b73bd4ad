import { countingTool } from '../../../test/doubles/counting-tool.js';
import { newUser } from '../../../test/support/callers.js';
import { NO_SERVERS } from '../../../test/support/tools.js';
import { ToolRegistry, type Approvals } from '../../tool/index.js';
import { OfferTools, type OfferedTool } from './offer-tools.js';

const caller = newUser();
const tools = [
  countingTool('free'),
  countingTool('asked', { approval: 'ask' }),
  countingTool('strict', { approval: 'always' }),
];

/** What a model is told of, where the user has agreed to these for good. */
async function told(offered: readonly OfferedTool[], remembered: readonly string[] = []) {
  const approvals = {
    isRemembered: (_caller: unknown, name: string) => Promise.resolve(remembered.includes(name)),
  } as unknown as Approvals;
  const registry = new ToolRegistry(tools, { TOOL_APPROVAL: undefined }, NO_SERVERS);
  const { own, clients } = await new OfferTools(registry, approvals).to(caller, offered);
  return [own.map(({ definition }) => definition.name), clients.map(({ name }) => name)];
}
const server = (name: string): OfferedTool => ({ runBy: 'server', name });
const defined = (name: string, runBy: 'client' | 'either'): OfferedTool => ({
  runBy,
  definition: { name, parameters: {} },
});

describe('the tools that a client offers to a model', () => {
  it('are run by whom it says', async () => {
    expect(await told([server('free'), defined('own', 'client')])).toEqual([['free'], ['own']]);
    expect(await told([defined('free', 'client')])).toEqual([[], ['free']]);
    expect(await told([])).toEqual([[], []]);
  });

  it('are run by whoever knows them, where it does not say', async () => {
    const both = [defined('free', 'either'), defined('own', 'either')];
    expect(await told(both)).toEqual([['free'], ['own']]);
  });

  it('are left out where somebody would have to be asked and it does not insist', async () => {
    const all = [defined('asked', 'either'), defined('strict', 'either')];
    expect(await told(all)).toEqual([[], []]);
    expect(await told(all, ['asked', 'strict'])).toEqual([['asked'], []]);
  });

  it('are refused where it insists on what cannot be', async () => {
    await expect(told([server('unheard_of')])).rejects.toMatchObject({ code: 'UNKNOWN_TOOL' });
    for (const name of ['asked', 'strict'])
      await expect(told([server('free'), server(name)])).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        details: { tool: name },
      });
    expect(await told([server('asked')], ['asked'])).toEqual([['asked'], []]);
    await expect(told([server('strict')], ['strict'])).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});
