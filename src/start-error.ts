/** A start that cannot go on, said in words for whoever started it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
