import { createHash } from 'node:crypto';
import type { ToolDefinition } from '../ports/tool.js';

/** Tells a definition from every other one: what a person has agreed to holds for this one only. */
export function definitionHash({
  name,
  title,
  description,
  parameters,
  annotations,
}: ToolDefinition): string {
  const told = JSON.stringify([name, title, description, parameters, annotations]);
  return createHash('sha256').update(told).digest('base64url').slice(0, 32);
}
