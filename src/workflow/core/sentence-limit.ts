import { endAfterBlock, endAt, endAtLine, TERMINATOR, type Verdict } from './sentence-end.js';

/** UTF-16 code units that are looked back at. */
const CONTEXT = 64;
const LINE = 80;
/** Longer than this, what a backtick has begun is no code. */
const MAX_CODE = 400;

const SPECIAL = new RegExp(`${TERMINATOR}|[\\n\`~]`, 'u');
const FENCE = /^[\s>]*(?:(?:[-+*•]|\d{1,3}[.)])\s+)?(`{3,}|~{3,})$/u;
const CONTENT = /[\p{L}\p{N}]/u;

/**
 * Lets the first sentences of a text through while it arrives, and nothing behind them. It does not matter how the text is
 * cut into pieces. What it takes to decide whether a sentence has ended is held back: some blanks and the next word.
 * Work is linear in the length of the text.
 */
export class SentenceLimit {
  private ended = 0;
  /** Whether the sentence has a letter or a digit yet. */
  private hasContent = false;
  private before = '';
  private line = '';
  /** What opened the block of code that the text is in, and whether its line has ended. */
  private fence: { readonly mark: string; isOpen: boolean } | undefined;
  /** How many backticks opened the code that the text is in, and its length. */
  private code = 0;
  private codeLength = 0;
  /** What is not decided yet, and how much of it was let through. */
  private rest = '';
  private passed = 0;

  constructor(private readonly sentences: number) {}

  /** Whether the last sentence has ended. */
  get isReached(): boolean {
    return this.ended >= this.sentences;
  }

  /** Takes the next piece, and returns what of the text is let through now. */
  push(piece: string): string {
    if (this.isReached) return '';
    this.rest += piece;
    return this.pass(false);
  }

  /** The text has ended: returns what of it was held back and belongs to it. */
  end(): string {
    return this.isReached ? '' : this.pass(true);
  }

  private pass(isWhole: boolean): string {
    const cut = !isWhole && /[\uD800-\uDBFF]$/.test(this.rest) ? -1 : undefined;
    const text = this.rest.slice(0, cut);
    let at = 0;
    let sure = 0;
    while (at < text.length) {
      const verdict = this.next(text.slice(at), isWhole);
      sure = verdict.type === 'open' ? verdict.sure : 0;
      if (verdict.type === 'open') break;
      this.took(text.slice(at, at + verdict.length));
      at += verdict.length;
      if (verdict.type === 'goes_on') continue;
      this.ended += 1;
      this.hasContent = false;
      if (this.isReached) break;
    }
    const isLast = this.ended + 1 >= this.sentences;
    const until = Math.max(this.passed, isLast || this.isReached ? at + sure : text.length);
    const shown = this.rest.slice(this.passed, until);
    this.rest = this.rest.slice(at);
    this.passed = until - at;
    return shown;
  }

  /** What comes next: running text up to the next character that means something, or that one. */
  private next(text: string, isWhole: boolean): Verdict {
    if (this.fence !== undefined) return this.inBlock(text, isWhole);
    const index = text.search(SPECIAL);
    if (index !== 0) return goesOn(index < 0 ? text.length : index);
    if (text[0] === '`' || text[0] === '~') return this.marks(text, isWhole);
    if (!this.hasContent || this.code > 0) return goesOn(text.codePointAt(0)! > 0xffff ? 2 : 1);
    const place = { before: this.before, line: this.line, text, isWhole };
    return text[0] === '\n' ? endAtLine(place) : endAt(place);
  }

  /** No sentence ends in a block of code; it may end with one. */
  private inBlock(text: string, isWhole: boolean): Verdict {
    const { mark, isOpen } = this.fence!;
    const index = text.indexOf('\n');
    if (index !== 0) return goesOn(index < 0 ? text.length : index);
    const line = this.line.trim();
    const closes = isOpen && line.startsWith(mark) && line.replaceAll(mark[0]!, '') === '';
    if (!closes) {
      this.fence!.isOpen = true;
      return goesOn(1);
    }
    const verdict = this.hasContent ? endAfterBlock({ text, isWhole }) : goesOn(1);
    if (verdict.type !== 'open') this.fence = undefined;
    return verdict;
  }

  /** A run of backticks or tildes: the beginning or the end of code, when the whole of it is known. */
  private marks(text: string, isWhole: boolean): Verdict {
    const run = /^(?:`{1,64}|~{1,64})/.exec(text)![0];
    if (run.length === text.length && !isWhole) return { type: 'open', sure: run.length };
    const mark = FENCE.exec(this.line + run)?.[1];
    if (mark !== undefined && this.code === 0) this.fence = { mark, isOpen: false };
    else if (run[0] === '`') this.toggle(run.length);
    return goesOn(run.length);
  }

  private toggle(length: number): void {
    if (this.code === 0) this.code = length;
    else if (this.code === length) this.code = 0;
    this.codeLength = 0;
  }

  /** Notes what is decided. */
  private took(text: string): void {
    if (this.fence === undefined && CONTENT.test(text)) this.hasContent = true;
    this.before = (this.before + text).slice(-CONTEXT);
    this.codeLength += text.length;
    if (this.codeLength > MAX_CODE) this.code = 0;
    const [first = '', ...more] = text.split('\n');
    this.line = (this.line + first).slice(0, LINE);
    for (const line of more) {
      // A paragraph ends code that nobody closed.
      if (this.line.trim() === '') this.code = 0;
      this.line = line.slice(0, LINE);
    }
  }
}

function goesOn(length: number): Verdict {
  return { type: 'goes_on', length };
}
