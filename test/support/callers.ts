import { newId, type Caller } from '../../src/kernel/index.js';

/** Somebody without special rights; nobody else has that id unless it is given. */
export function newUser(id: string = newId()): Caller {
  return { id, org: 'acme', roles: ['user'], clearance: 'internal', name: undefined, email: undefined };
}
