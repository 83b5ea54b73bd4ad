import { z } from 'zod';

const KEY_BYTES = 32;

/** The 32 bytes that a text in Base64, Base64url or hexadecimal stands for. */
function keyOf(text: string): Buffer | undefined {
  const bytes = /^[0-9a-f]{64}$/i.test(text)
    ? Buffer.from(text, 'hex')
    : Buffer.from(text.replaceAll('-', '+').replaceAll('_', '/'), 'base64');
  return bytes.length === KEY_BYTES && /^[A-Za-z0-9+/_-]+=?$/.test(text) ? bytes : undefined;
}

/** MCP servers whose tools models may call, and the key that protects what is kept for them. */
export const mcpVariables = {
  MCP_SERVERS_FILE: z
    .string()
    .optional()
    .describe(
      'a JSON file with `mcpServers`, as desktop hosts have it: programs to run and addresses, see docs/mcp.md',
    ),
  SECRETS_KEY: z
    .string()
    .transform((value, context) => {
      const keys = value.split(',').map((one) => keyOf(one.trim()));
      if (keys.some((key) => key === undefined))
        context.addIssue({
          code: 'custom',
          message: 'is 32 bytes in Base64 or hexadecimal; make them with `openssl rand -base64 32`',
        });
      return keys.filter((key) => key !== undefined);
    })
    .optional()
    .describe(
      'encrypts stored credentials; to change it, put the new one before the old one, with a comma: NEW,OLD; unset: made of JWT_SECRET where there is one',
    ),
} as const;
