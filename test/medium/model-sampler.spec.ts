import { SampleModel } from '../../src/tool/app/sample-model.js';
import { describeModelSampler } from '../contracts/model-sampler.contract.js';
import type { Script } from '../doubles/scripted-model.js';
import { broken, setUp } from '../support/asked-model.js';

const CHOSEN = { provider: 'ollama', model: 'one' };

const withModels = (scripts: Record<string, Script[]>) => {
  const { ask, rows, models } = setUp(scripts);
  const requests = () => models.flatMap((model) => model.requests);
  return { sampler: new SampleModel(ask), rows, requests };
};

describeModelSampler('the route of the turn', {
  answering: () => ({
    ...withModels({ openai: [{ says: ['No.'] }], ollama: [{ says: ['In ', 'short.'] }] }),
    chosen: CHOSEN,
  }),
  failing: () => withModels({ openai: [{ throws: broken() }] }),
  silent: () => withModels({ openai: [{ hangs: true }] }),
});
