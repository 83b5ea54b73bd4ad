import { StandardSchemaValidationPipe, type StandardSchemaValidationPipeOptions } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';

type Issues = Parameters<NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']>>[0];

const MAX_ISSUES = 20;
const MAX_TEXT_LENGTH = 200;

/** Validates bodies, queries and parameters against the schemas of their decorators. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new SchemaPipe({ exceptionFactory: validationFailed });
}

/** Names that no field of a request has. Inside stored data they are ordinary names. */
const NO_FIELDS = ['__proto__', 'constructor', 'prototype'];

class SchemaPipe extends StandardSchemaValidationPipe {
  /** The base class removes such names at every depth, including from data that must be kept unchanged. */
  protected override stripProtoKeys(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const name of NO_FIELDS) if (Object.hasOwn(value, name)) Reflect.deleteProperty(value, name);
  }
}

/** `VALIDATION_FAILED` with path and message of the first twenty issues; never with the value that was sent. */
export function validationFailed(issues: Issues): AppError {
  const listed = issues.slice(0, MAX_ISSUES).map((issue) => ({
    path: shortened(pathOf(issue)),
    message: shortened(issue.message),
  }));
  return new AppError(
    'VALIDATION_FAILED',
    'The request is not valid. Correct what details.issues names and send it again.',
    {
      details: { issues: listed },
    },
  );
}

function pathOf(issue: Issues[number]): string {
  return (issue.path ?? [])
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .join('.');
}

function shortened(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH).toWellFormed()}…` : text;
}
