/** Injection token of the {@link MessageIndex}. */
export const MESSAGE_INDEX = Symbol('MessageIndex');

/** What searches in messages go by. What it does not hold yet is searched all the same, at the price of reading it. */
export interface MessageIndex {
  /**
   * Takes in messages of some threads whose turns have ended, a bounded amount of text. Answers of how many threads it was:
   * none when there is nothing to do, or another process is at it.
   */
  takeIn(): Promise<number>;
}
