/** Which rule a fetch broke, or how it failed. */
export type EgressRule =
  | 'malformed'
  | 'scheme'
  | 'credentials'
  | 'port'
  | 'address'
  | 'name'
  | 'connection'
  | 'tls'
  | 'http'
  | 'redirects'
  | 'type'
  | 'encoding'
  | 'size'
  | 'time';

/**
 * A fetch that was refused or failed. The message is for whoever named the address, a model included: it says what is
 * wrong in one sentence, and nothing of this server or its network.
 */
export class EgressError extends Error {
  override readonly name = 'EgressError';

  constructor(
    readonly rule: EgressRule,
    message: string,
    /** Whether the server may have got the request. */
    readonly mayHaveArrived = false,
  ) {
    super(message);
  }
}

/** Node's codes for certificates that do not hold, and for what is no TLS at all. */
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

/** What Node threw while a server was asked, as the rule that it comes to. */
export function egressErrorOf(error: unknown): EgressError {
  if (error instanceof EgressError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (TLS.test(code)) {
    return new EgressError(
      'tls',
      'No secure connection to the server is possible: its certificate is not valid.',
    );
  }
  if (code.startsWith('HPE_')) {
    return new EgressError('http', 'The server does not answer in proper HTTP, or with too many headers.');
  }
  if (/^(Z_|ERR_BROTLI|ERR__ERROR_FORMAT|ERR_.*BROTLI|BROTLI_)/.test(code)) {
    return new EgressError('encoding', 'The compression of the answer cannot be read.');
  }
  return new EgressError('connection', 'The connection to the server failed or broke off.');
}
