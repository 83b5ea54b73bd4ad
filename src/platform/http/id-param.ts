import { Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { z } from 'zod';
import { AppError } from '../../kernel/index.js';

const UUID = z.guid();

/** Accepts UUIDs, in lower case. Any other text is `NOT_FOUND`, as any unknown id is. */
const idPipe: PipeTransform<unknown, string> = {
  transform(value) {
    const id = UUID.safeParse(value);
    if (id.success) return id.data.toLowerCase();
    throw new AppError('NOT_FOUND', 'There is nothing with this id.');
  },
};

/** Returns the thing. Throws `NOT_FOUND` if it does not exist, or the caller may not know of it. */
export function found<Thing>(thing: Thing | undefined, name: string): Thing {
  if (thing === undefined) throw new AppError('NOT_FOUND', `There is no such ${name}.`);
  return thing;
}

/** A UUID in the path. */
export function IdParam(name = 'id'): ParameterDecorator {
  return (target, key, index) => {
    Param(name, idPipe)(target, key, index);
    const method = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
    if (key !== undefined && method !== undefined) {
      ApiParam({ name, schema: { type: 'string', format: 'uuid' } })(target, key, method);
    }
  };
}
