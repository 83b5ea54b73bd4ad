import { createHash } from 'node:crypto';
import type { ToolDefinition } from '../ports/tool.js';

/** Tells a definition from every other one: what a person has agreed to holds for this one only. */
export function definitionHash({
  name,
  title,
  description,
  parameters,
  annotations,
  server,
}: ToolDefinition): string {
  const from = server === undefined ? [] : [server.identity];
  return hashOf(JSON.stringify([name, title, description, parameters, annotations, ...from]));
}

/** Tells arguments, as a model wrote them, from all others: a person agrees to these only. */
export function argumentsHash(text: string): string {
  return hashOf(text);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}
