/** The turn's lease has passed to another process: its former owner must write nothing more. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}
