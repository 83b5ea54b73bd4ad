import { foreignSchemaIssues, schemaIssues } from '../../platform/json-schema/index.js';
import type { ToolDefinition } from '../ports/tool.js';

/** UTF-16 code units of the arguments that a model may send. */
const MAX_ARGUMENTS_CHARS = 200_000;
const MAX_ISSUES = 10;

/** What a model wants to call a tool with: the arguments, or what is wrong with them in words that it can act on. */
export type CheckedArguments =
  | { readonly args: Readonly<Record<string, unknown>>; readonly problem?: undefined }
  | { readonly problem: string };

/** Reads the JSON text of the arguments, and holds it to the tool's parameters. */
export function checkArguments({ name, parameters, server }: ToolDefinition, text: string): CheckedArguments {
  if (text.length > MAX_ARGUMENTS_CHARS)
    return { problem: `The arguments of ${name} are too long. Send less.` };
  let args: unknown;
  try {
    args = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return { problem: `The arguments of ${name} are no valid JSON. Call it again with a JSON object.` };
  }
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    return { problem: `The arguments of ${name} must be a JSON object.` };
  const issuesOf = server === undefined ? schemaIssues : foreignSchemaIssues;
  const issues = issuesOf(parameters, args).slice(0, MAX_ISSUES);
  if (issues.length === 0) return { args: args as Record<string, unknown> };
  const lines = issues.map(({ path, message }) => `- ${path === '' ? 'the arguments' : path}: ${message}`);
  return { problem: [`The arguments of ${name} do not fit its parameters:`, ...lines].join('\n') };
}
