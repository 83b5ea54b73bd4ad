/** Where a page says in itself how it is encoded. */
const DECLARED_IN = 4_096;
const META = /<meta[^>]{1,400}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i;
const XML = /^\s*<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w.:-]{1,40})/i;

/**
 * The text of a body: by its byte order mark, the charset of its Content-Type, what it declares itself, and otherwise as
 * UTF-8 where it is that, or as browsers read what nobody declares.
 */
export function decodeText(bytes: Uint8Array, contentType: string): string {
  const declared = markOf(bytes) ?? charsetOf(contentType) ?? declarationOf(bytes);
  const decoder = (declared === undefined ? undefined : decoderOf(declared)) ?? guessedDecoder(bytes);
  // A character that was cut at the end is left out.
  return decoder.decode(bytes, { stream: true });
}

function markOf([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return first === 0xff && second === 0xfe ? 'utf-16le' : undefined;
}

function charsetOf(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec(contentType)?.[1];
}

function declarationOf(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, DECLARED_IN));
  const name = (META.exec(head) ?? XML.exec(head))?.[1];
  // What could be read so far is no UTF-16, whatever it says.
  return name !== undefined && /^utf-?16/i.test(name) ? 'utf-8' : name;
}

function decoderOf(name: string): TextDecoder | undefined {
  try {
    return new TextDecoder(name);
  } catch {
    return undefined;
  }
}

function guessedDecoder(bytes: Uint8Array): TextDecoder {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return new TextDecoder('utf-8');
  } catch {
    return new TextDecoder('windows-1252');
  }
}
