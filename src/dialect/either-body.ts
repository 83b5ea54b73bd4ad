import { z } from 'zod';

/**
 * A body of one of two forms, which the presence of a field tells apart: the issues are those of the form that was meant,
 * where a plain union would say no more than that neither fits.
 */
export function eitherBody<With extends z.ZodType, Without extends z.ZodType>(
  field: string,
  withField: With,
  withoutField: Without,
): z.ZodUnion<readonly [With, Without]> {
  const either = z.union([withField, withoutField]);
  const standard = either['~standard'];
  const meant = (value: unknown) =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, field) ? withField : withoutField;
  const validate: typeof standard.validate = (value, options) =>
    meant(value)['~standard'].validate(value, options) as ReturnType<typeof standard.validate>;
  Object.defineProperty(either, '~standard', { value: { ...standard, validate } });
  return either;
}
