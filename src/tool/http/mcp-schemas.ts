import { z } from 'zod';
import { headersProblem, MCP_SERVER_NAME, MCP_SERVER_NAME_RULE } from '../../platform/config/index.js';

const MAX_URL = 2_000;
const MAX_HEADERS = 32;

const headers = z
  .record(z.string(), z.string())
  .refine((value) => Object.keys(value).length <= MAX_HEADERS, { error: `are more than ${MAX_HEADERS}` })
  .superRefine((value, context) => {
    const problem = headersProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

export const newServerBody = z.strictObject({
  name: z
    .string()
    .regex(MCP_SERVER_NAME, { error: MCP_SERVER_NAME_RULE })
    .describe('Its tools are called `name__tool`.'),
  transport: z.literal('http').optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'is an http:// or https:// address' })
    .max(MAX_URL)
    .refine((value) => hasNoLogin(value), { error: 'has a name or a password in it; use headers' })
    .describe('Its Streamable HTTP endpoint.'),
  headers: headers.optional().describe('For everybody of the organisation; kept encrypted, and never shown.'),
  sampling: z
    .boolean()
    .optional()
    .describe('Whether it may ask for a model’s answer. The user is asked each time, and pays for it.'),
});
export type NewServerBody = z.output<typeof newServerBody>;

export const credentialsBody = z
  .strictObject({
    bearer: z
      .string()
      .regex(/^[\x21-\x7e]{1,8000}$/, { error: 'is a token without blanks, of printable ASCII characters' })
      .optional(),
    headers: headers.optional(),
  })
  .refine(({ bearer, headers: own }) => bearer !== undefined || Object.keys(own ?? {}).length > 0, {
    error: 'needs `bearer` or `headers`',
  });
export type CredentialsBody = z.output<typeof credentialsBody>;

const count = z.number().int();

const serverResponse = z
  .object({
    name: z.string(),
    transport: z.enum(['stdio', 'http']),
    status: z
      .enum(['connected', 'connecting', 'needs_authorization', 'failed', 'disabled'])
      .describe('For you: another user’s credential may make a difference.'),
    protocolVersion: z.string().nullable(),
    tools: count,
    resources: count,
    prompts: count,
    error: z.string().exactOptional(),
  })
  .meta({ id: 'McpServer' });

export const serversResponse = z.object({ servers: z.array(serverResponse) });
export const newServerResponse = z.object({ server: serverResponse });

const resourceResponse = z
  .object({
    uri: z.string(),
    name: z.string(),
    title: z.string().exactOptional(),
    description: z.string().exactOptional(),
    mediaType: z.string().exactOptional(),
  })
  .meta({ id: 'McpResource' });
export const resourcesResponse = z.object({ resources: z.array(resourceResponse) });

const promptResponse = z
  .object({
    name: z.string(),
    title: z.string().exactOptional(),
    description: z.string().exactOptional(),
    arguments: z.array(
      z.object({ name: z.string(), description: z.string().exactOptional(), required: z.boolean() }),
    ),
  })
  .meta({ id: 'McpPrompt' });
export const promptsResponse = z.object({ prompts: z.array(promptResponse) });

function hasNoLogin(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && url.username === '' && url.password === '';
}
