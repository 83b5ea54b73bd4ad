import { z } from 'zod';
import {
  headersProblem,
  issuerProblemOf,
  MCP_SERVER_NAME,
  MCP_SERVER_NAME_RULE,
} from '../../platform/config/index.js';

const MAX_URL = 2_000;
const MAX_HEADERS = 32;
const MAX_CODE = 4_000;
const MAX_ERROR = 200;

const headers = z
  .record(z.string(), z.string())
  .refine((value) => Object.keys(value).length <= MAX_HEADERS, { error: `are more than ${MAX_HEADERS}` })
  .superRefine((value, context) => {
    const problem = headersProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

const MAX_ID = 2_000;
const printable = z.string().regex(/^[\x20-\x7e]{1,2000}$/, { error: 'is printable ASCII' });
const registeredClient = z.strictObject({
  issuer: z
    .string()
    .max(MAX_ID)
    .superRefine((value, context) => {
      const problem = issuerProblemOf(value);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .describe('The authorization server, by the name that it has for itself.'),
  clientId: printable,
  clientSecret: printable.optional(),
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
  oauth: registeredClient
    .optional()
    .describe('How this server is registered with the authorization server of that one; kept encrypted.'),
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

export const loginResponse = z.object({ url: z.url().describe('Where you log in, in a browser.') });

/** What an authorization server sends a browser back with; anything else of it is of no use here. */
export const callbackQuery = z.object({
  state: z.string().max(100).optional(),
  code: z.string().max(MAX_CODE).optional(),
  error: z.string().max(MAX_ERROR).optional(),
  iss: z.string().max(MAX_URL).optional(),
});
export type CallbackQuery = z.output<typeof callbackQuery>;

export const clientDocumentResponse = z.object({
  client_id: z.url(),
  client_name: z.string(),
  client_uri: z.url().exactOptional(),
  redirect_uris: z.array(z.url()),
  grant_types: z.array(z.string()),
  response_types: z.array(z.string()),
  token_endpoint_auth_method: z.string(),
  application_type: z.string(),
});

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
