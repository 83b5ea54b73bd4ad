import type { Person } from '../../kernel/index.js';
import type { Personal } from '../core/personal.js';

/** Injection token of the {@link PersonalContext}. */
export const PERSONAL_CONTEXT = Symbol('PersonalContext');

/** What users have said of themselves, for the models that answer them. */
export interface PersonalContext {
  /** What the person has said, and nobody else: all `null` and no memories where nothing was. */
  of(person: Person): Promise<Personal>;
}
