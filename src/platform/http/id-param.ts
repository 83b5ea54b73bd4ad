import { Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { z } from 'zod';
import { AppError } from '../../kernel/index.js';

const UUID = z.guid();

/** Lets UUIDs through, in lower case. Anything else names nothing, and is `NOT_FOUND` as any unknown id is. */
const idPipe: PipeTransform<unknown, string> = {
  transform(value) {
    const id = UUID.safeParse(value);
    if (id.success) return id.data.toLowerCase();
    throw new AppError('NOT_FOUND', 'There is nothing with this id.');
  },
};

/** The thing itself. Throws `NOT_FOUND` when there is none, or none that the caller may know of. */
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
