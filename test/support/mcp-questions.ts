import { saying, type StandInTool } from '../doubles/mcp-stand-in.js';

/** Has everything in it that could be changed on the way. */
export const STATE = 'v1.😀 "quoted"\\n\u2028 +/= end ';

export const FORM = {
  mode: 'form',
  message: 'Which table?',
  requestedSchema: {
    type: 'object',
    properties: {
      table: { type: 'string', minLength: 1 },
      seats: { type: 'integer', minimum: 1, maximum: 12 },
    },
    required: ['table'],
  },
};

/** Asks for a table, in the newer era: the call is made again with the answer. */
export const booking: StandInTool = {
  inputSchema: { type: 'object', properties: { name: { type: 'string' } } },
  call: ({ args, params }) => {
    const responses = params['inputResponses'] as
      Record<string, { action: string; content?: object }> | undefined;
    if (responses === undefined) {
      const inputRequests = { where: { method: 'elicitation/create', params: FORM } };
      return { resultType: 'input_required', inputRequests, requestState: STATE };
    }
    const { action, content } = responses['where']!;
    return saying(`${String(args['name'])}: ${action} ${JSON.stringify(content ?? null)}`);
  },
};

/** The same in the older era: the client is asked while the call is open. */
export const bookingOpen: StandInTool = {
  ...booking,
  call: async ({ args, ask }) => {
    const { action, content } = await ask('elicitation/create', FORM);
    return saying(`${String(args['name'])}: ${String(action)} ${JSON.stringify(content ?? null)}`);
  },
};
