import { guidedIntake } from '../definitions/guided-intake.js';
import type { StoredDefinition } from '../ports/definition-store.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

const OWN: StoredDefinition = {
  name: 'guided-intake',
  version: 3,
  definition: { ...guidedIntake, version: 3, title: 'Our intake' },
};

const catalogue = new WorkflowCatalogue({
  find: (org, name, version) =>
    Promise.resolve(org === 'ours' && name === OWN.name && (version ?? 3) === 3 ? OWN : undefined),
  list: (org) => Promise.resolve(org === 'ours' ? [OWN] : []),
});

describe('the workflows of an organisation', () => {
  it('are listed in their newest versions', async () => {
    const listed = await catalogue.list('theirs');
    expect(listed.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'chat 1',
      'guided-intake 2',
      'drafted-answer 1',
      'agent 1',
      'personal-chat 1',
      'support-triage 1',
      'document-answers 1',
      'two-reviews 1',
    ]);
  });

  it('are found in their newest versions, and in those that threads are pinned to', async () => {
    expect(await catalogue.find('theirs', 'guided-intake')).toMatchObject({ version: 2 });
    expect(await catalogue.get('theirs', 'guided-intake', 1)).toMatchObject({ version: 1, start: 'ask' });
    expect(await catalogue.find('theirs', 'guided-intake', 3)).toBeUndefined();
  });

  it('are asked for by a name that there is', async () => {
    await expect(catalogue.get('theirs', 'other')).rejects.toMatchObject({
      code: 'UNKNOWN_WORKFLOW',
      details: { known: expect.arrayContaining(['chat', 'guided-intake', 'two-reviews']) as string[] },
    });
  });

  it('are its own where it has defined one of the name, and nobody else’s', async () => {
    expect(await catalogue.find('ours', 'guided-intake')).toMatchObject({ version: 3, title: 'Our intake' });
    expect(await catalogue.find('ours', 'guided-intake', 1)).toMatchObject({ version: 1 });
    const listed = await catalogue.list('ours');
    const names = listed.map(({ name, version }) => `${name} ${version}`);
    expect(names).toContain('guided-intake 3');
    expect(names).not.toContain('guided-intake 2');
  });
});
