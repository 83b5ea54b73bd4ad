import { addTools, built } from '../../test/support/add-tools.ts';
import { addUp, ADD_UP } from './add-up.ts';

/* The built server with one more tool, which does next to nothing: what a call of it costs is the server's. */

await addTools([
  {
    definition: {
      ...{ name: ADD_UP.name, title: 'Add up', description: ADD_UP.description, approval: 'never' },
      parameters: ADD_UP.parameters,
      annotations: { readOnly: false, idempotent: false, destructive: false, openWorld: false },
      limits: { idleMs: 10_000, totalMs: 10_000, maxResultChars: 1_000 },
    },
    async *call(args) {
      return { ok: true, parts: [{ type: 'text', text: await Promise.resolve(addUp(args)) }] };
    },
  },
]);
await built('main.js');
