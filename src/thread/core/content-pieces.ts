import { boundaryBefore, characters as countOf, charactersOfLong } from '../../kernel/index.js';

/** UTF-16 code units, or bytes, of a piece. */
const PIECE = 262_144;

/** A piece of a stored content; places are in characters (code points) of a text, and 0 for other contents. */
export interface ContentPiece {
  readonly nth: number;
  readonly firstCharacter: number;
  readonly characters: number;
  readonly bytes: Uint8Array;
}

type Content = { readonly text: string } | { readonly data: string };

/** What is known of a content before any piece of it is made. */
export async function measured(
  content: Content,
): Promise<{ readonly size: number; readonly characters: number | null }> {
  if ('data' in content) return { size: Buffer.byteLength(content.data, 'base64'), characters: null };
  return { size: Buffer.byteLength(content.text), characters: await charactersOfLong(content.text) };
}

/** The pieces of a content, made one by one: what is stored is never in memory a second time as a whole. */
export function* piecesOf(content: Content): Generator<ContentPiece, void> {
  if ('data' in content) return yield* piecesOfBytes(content.data);
  const { text } = content;
  let first = 0;
  for (let [nth, from] = [0, 0]; from < text.length; nth += 1) {
    // No piece ends inside a character.
    const to = boundaryBefore(text, Math.min(from + PIECE, text.length));
    const piece = text.slice(from, to);
    const characters = countOf(piece);
    yield { nth, firstCharacter: first, characters, bytes: Buffer.from(piece) };
    [from, first] = [to, first + characters];
  }
}

/** Four characters of Base64 are three bytes. */
function* piecesOfBytes(data: string): Generator<ContentPiece, void> {
  for (let [nth, from] = [0, 0]; from < data.length; [nth, from] = [nth + 1, from + PIECE])
    yield {
      nth,
      firstCharacter: 0,
      characters: 0,
      bytes: Buffer.from(data.slice(from, from + PIECE), 'base64'),
    };
}
