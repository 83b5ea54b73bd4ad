import { z } from 'zod';
import { describedOnce } from './described-once.js';

describe('a schema that is described once', () => {
  const schema = z.object({ words: z.string().max(3), limit: z.int().default(8) });
  const { '~standard': standard } = describedOnce(schema);
  const draft = { target: 'draft-2020-12' } as const;

  it('has the same description each time, of what goes in and of what comes out', () => {
    const made = standard.jsonSchema.input(draft);
    expect(made).toEqual(schema['~standard'].jsonSchema.input(draft));
    expect(standard.jsonSchema.input(draft)).toBe(made);
    expect(standard.jsonSchema.output(draft)).toEqual(schema['~standard'].jsonSchema.output(draft));
    expect(standard.jsonSchema.output(draft)).not.toEqual(made);
  });

  it('checks as before', async () => {
    expect(await standard.validate({ words: 'abc' })).toEqual({ value: { words: 'abc', limit: 8 } });
    expect(await standard.validate({ words: 'abcd' })).toHaveProperty('issues');
  });
});
