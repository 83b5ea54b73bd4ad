import { guidedIntake } from '../definitions/guided-intake.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

describe('the workflows there are', () => {
  const catalogue = new WorkflowCatalogue();

  it('are listed in their newest version each, and known in all', () => {
    expect(catalogue.list().map(({ name, version }) => `${name} ${version}`)).toEqual([
      'chat 1',
      'guided-intake 2',
      'drafted-answer 1',
      'agent 1',
      'personal-chat 1',
    ]);
    expect(catalogue.get('guided-intake')).toMatchObject({ version: 2 });
    expect(catalogue.get('guided-intake', 1)).toEqual(guidedIntake);
    expect(catalogue.find('guided-intake', 3)).toBeUndefined();
  });

  it('are asked for by a name that there is', () => {
    expect(() => catalogue.get('other')).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_WORKFLOW',
        details: { known: ['chat', 'guided-intake', 'drafted-answer', 'agent', 'personal-chat'] },
      }) as Error,
    );
  });
});
