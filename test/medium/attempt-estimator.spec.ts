import { GptTokenCounter } from '../../src/llm/adapters/gpt-token-counter.js';
import { EstimateAttempt } from '../../src/llm/app/estimate-attempt.js';
import { ModelCatalogue } from '../../src/llm/app/model-catalogue.js';
import { describeAttemptEstimator } from '../contracts/attempt-estimator.contract.js';
import { ScriptedModel } from '../doubles/scripted-model.js';

describeAttemptEstimator('the room that asks models', () => {
  const models = [new ScriptedModel('openai', [])];
  const catalogue = new ModelCatalogue(models, { providers: [], LLM_MODELS_TTL_MS: 60_000 });
  return {
    estimator: new EstimateAttempt(new GptTokenCounter(), catalogue),
    provider: 'openai',
    model: 'one',
  };
});
