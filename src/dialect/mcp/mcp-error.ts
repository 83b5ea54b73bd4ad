import type { AppError } from '../../kernel/index.js';
import type { ErrorAnswer } from '../../platform/http/index.js';

/** What JSON-RPC calls an error that has no code of its own. */
const SERVER_ERROR = -32_000;
const CODES: Readonly<Record<string, number>> = {
  VALIDATION_FAILED: -32_700,
  INTERNAL: -32_603,
};

/** An error before a request was read, as a response of JSON-RPC; `data` is the catalogue's error. */
export function mcpErrorAnswer(error: AppError, origin?: string): ErrorAnswer {
  const { code, message, retryable, details } = error.toBody();
  const number = CODES[code] ?? SERVER_ERROR;
  return {
    body: { jsonrpc: '2.0', id: null, error: { code: number, message, data: { code, retryable, details } } },
    headers:
      code === 'UNAUTHENTICATED' && origin !== undefined
        ? { 'www-authenticate': `Bearer resource_metadata="${origin}${METADATA_PATH}"` }
        : {},
  };
}

/** Where clients read who issues the tokens for `/mcp` (RFC 9728). */
export const METADATA_PATH = '/.well-known/oauth-protected-resource/mcp';
