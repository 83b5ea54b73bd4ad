import { Injectable } from '@nestjs/common';
import { OTHER_MODEL } from '../../usage/index.js';
import { CircuitBreakers, type ModelBreaker } from './circuit-breakers.js';
import { ModelCatalogue } from './model-catalogue.js';

/** The breakers as any caller may see them: under the names of known models, and the worst of all others as one. */
@Injectable()
export class KnownBreakers {
  constructor(
    private readonly breakers: CircuitBreakers,
    private readonly catalogue: ModelCatalogue,
  ) {}

  states(provider: string): readonly ModelBreaker[] {
    const known = new Set(this.catalogue.known(provider).map(({ id }) => id));
    const all = this.breakers.states(provider);
    const others = all.filter(({ model, failures }) => !known.has(model) && failures > 0);
    const worst = others.toSorted(bySeverity)[0];
    return [
      ...all.filter(({ model }) => known.has(model)),
      ...(worst === undefined ? [] : [{ ...worst, model: OTHER_MODEL }]),
    ];
  }
}

const SEVERITY = { closed: 0, half_open: 1, open: 2 } as const;

function bySeverity(left: ModelBreaker, right: ModelBreaker): number {
  return SEVERITY[right.state] - SEVERITY[left.state] || right.failures - left.failures;
}
