/** What is made of a page: its text, and what it says of itself. */
export interface Page {
  readonly title?: string | undefined;
  /** When it was published or last changed, as the page says. */
  readonly date?: string | undefined;
  readonly text: string;
  /** Whether more of it was there than was read. */
  readonly isPartial: boolean;
}

/** Why a page cannot be given, in words for whoever asked for it. */
export class PageProblem extends Error {
  override readonly name = 'PageProblem';
}
