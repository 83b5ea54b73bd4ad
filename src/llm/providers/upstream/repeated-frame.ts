/** A content that needs no escapes in JSON. */
const PLAIN = /^[^"\\\u0000-\u001f]+$/;
const KEY = '"content"';
/**
 * From this many characters on V8 makes a part of a text a view of it, which keeps the text: here, what was read with a
 * piece for as long as the piece is kept. What JSON is parsed to is a text of its own.
 */
const SHORTEST_VIEW = 13;
/** After so many frames in a row that were no use, a server's frames are taken to differ in more than their content. */
const MAX_TRIES = 8;

/**
 * Recognizes frames that differ from an earlier one in nothing but their `content`, so that their JSON need not be parsed
 * again: what stands before and after it is the same, so it is the same value in the same place.
 */
export class RepeatedFrame {
  private head = '';
  private tail = '';
  private tries = 0;

  /** Whether another frame may be of use to {@link learn}. */
  get isLearning(): boolean {
    return this.tries < MAX_TRIES;
  }

  /** Learns a frame whose JSON is `text`, with this content under the key `content`. */
  learn(text: string, content: string): void {
    this.tries += 1;
    const key = text.indexOf(KEY);
    if (!PLAIN.test(content) || key < 0 || text.includes(KEY, key + KEY.length)) return;
    const colon = key + KEY.length;
    const start = colon + (text.startsWith(': "', colon) ? 3 : 2);
    const end = start + content.length;
    if (!text.startsWith('"', start - 1) || text.slice(start, end) !== content || text[end] !== '"') return;
    this.head = copied(text.slice(0, start));
    this.tail = copied(text.slice(end));
  }

  /** The content of such a frame, never empty; `undefined` for any other one, which has to be parsed. */
  contentOf(text: string): string | undefined {
    const { head, tail } = this;
    const length = text.length - head.length - tail.length;
    if (head === '' || length <= 0 || !text.startsWith(head) || !text.endsWith(tail)) return undefined;
    const json = text.slice(head.length, head.length + length);
    const content = json.length < SHORTEST_VIEW && PLAIN.test(json) ? json : unescaped(json);
    if (content !== undefined) this.tries = 0;
    return content;
  }
}

/** The string of which this is the JSON between the quotes; `undefined` if it is more or less than that. */
function unescaped(json: string): string | undefined {
  try {
    return JSON.parse(`"${json}"`) as string;
  } catch {
    return undefined;
  }
}

/** A part of a text that does not keep the rest of it in memory. */
function copied(text: string): string {
  return Buffer.from(text).toString();
}
