import { StandardSchemaValidationPipe, type StandardSchemaValidationPipeOptions } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';

type Issues = Parameters<NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']>>[0];

const MAX_ISSUES = 20;
const MAX_TEXT_LENGTH = 200;

/** Checks bodies, queries and parameters against the schemas of their decorators. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({ exceptionFactory: validationFailed });
}

/** `VALIDATION_FAILED` with where and why for the first twenty issues; never with the value that was sent. */
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
