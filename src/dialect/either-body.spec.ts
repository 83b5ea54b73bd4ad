import { z } from 'zod';
import { eitherBody } from './either-body.js';

const body = eitherBody(
  'many',
  z.strictObject({ many: z.array(z.string()) }),
  z.strictObject({ one: z.string() }),
);

const issuesOf = async (value: unknown) =>
  ((await body['~standard'].validate(value)).issues ?? []).map(({ path }) => path?.map(String).join('.'));

describe('a body of one of two forms', () => {
  it('is what it was meant to be', async () => {
    expect(await body['~standard'].validate({ many: ['a'] })).toEqual({ value: { many: ['a'] } });
    expect(await body['~standard'].validate({ one: 'a' })).toEqual({ value: { one: 'a' } });
  });

  it('has the issues of the form that was meant', async () => {
    expect(await issuesOf({ many: ['a', 5] })).toEqual(['many.1']);
    expect(await issuesOf({ one: 5 })).toEqual(['one']);
    expect(await issuesOf({})).toEqual(['one']);
    expect(await issuesOf(null)).toEqual(['']);
  });

  it('is described as either of them', () => {
    expect(z.toJSONSchema(body)).toMatchObject({ anyOf: [{ required: ['many'] }, { required: ['one'] }] });
  });
});
