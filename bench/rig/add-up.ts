import { TOOL } from './wire.ts';

/** The tool of both servers, as a model is told of it. */
export const ADD_UP = {
  name: TOOL,
  description: 'Adds up two numbers.',
  parameters: {
    type: 'object',
    properties: { one: { type: 'number' }, other: { type: 'number' } },
    required: ['one', 'other'],
    additionalProperties: false,
  },
} as const;

/** What it does. */
export function addUp(args: Readonly<Record<string, unknown>>): string {
  return String(Number(args['one']) + Number(args['other']));
}
