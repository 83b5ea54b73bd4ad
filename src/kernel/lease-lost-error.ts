/** The turn's lease has passed to another process: whoever receives this must write nothing more. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}
