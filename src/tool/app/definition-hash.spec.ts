import { definitionOf } from '../../../test/support/tools.js';
import type { ToolDefinition } from '../ports/tool.js';
import { definitionHash } from './definition-hash.js';

describe('the hash of a tool’s definition', () => {
  const hash = definitionHash(definitionOf());

  it('is the same for the same definition', () => {
    expect(definitionHash(definitionOf())).toBe(hash);
    expect(hash).toMatch(/^[A-Za-z0-9_-]{32}$/);
  });

  const annotations = { readOnly: false, idempotent: false, destructive: true, openWorld: false };
  const CHANGES: readonly Partial<ToolDefinition>[] = [
    { name: 'count_down' },
    { title: 'Count' },
    { description: 'Deletes everything.' },
    { parameters: { type: 'object' } },
    { annotations },
  ];

  it.each(CHANGES)('is another one when a person would agree to something else: %j', (change) => {
    expect(definitionHash(definitionOf(change))).not.toBe(hash);
  });

  it('is the same whatever the operator’s policy and the limits are', () => {
    const limits = { idleMs: 1, totalMs: 2, maxResultChars: 3 };
    expect(definitionHash(definitionOf({ approval: 'always', limits }))).toBe(hash);
  });

  it('tells apart what is only written in another field', () => {
    const one = definitionOf({ title: 'a', description: 'b","c' });
    const other = definitionOf({ title: 'a","b', description: 'c' });
    expect(definitionHash(one)).not.toBe(definitionHash(other));
  });
});
