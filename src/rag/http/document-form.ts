import type { Multipart, MultipartFile } from '@fastify/multipart';
import { AppError } from '../../kernel/index.js';
import { fileLimitOf, parseJson } from '../../platform/http/index.js';

/** The members that @fastify/multipart adds to a request and that are used here. */
export interface FormRequest {
  readonly body: unknown;
  readonly routeOptions?: { readonly config: unknown };
  readonly isMultipart?: () => boolean;
  readonly parts: (options: FormOptions) => AsyncIterable<Multipart>;
}

interface FormOptions {
  readonly limits: { readonly files: number };
  readonly isPartAFile: () => boolean;
}

/** One file, and more fields than a document has. */
const MAX_PARTS = 21;
const MAX_FIELD_BYTES = 65_536;
/** Every part is read as bytes: the parser would replace invalid UTF-8 by U+FFFD. */
const OPTIONS: FormOptions = { limits: { files: MAX_PARTS }, isPartAFile: () => true };
const UTF8 = new TextDecoder('utf-8', { fatal: true });
/** The parser's replacement for invalid UTF-8 in a name. */
const REPLACEMENT = '\ufffd';

/**
 * A document's form as the equivalent JSON body, not yet validated: the file is its content, and the default for its
 * title and type. Throws `PAYLOAD_TOO_LARGE`, or `VALIDATION_FAILED` for a form that cannot be read.
 */
export async function readDocumentForm(request: FormRequest): Promise<Record<string, unknown>> {
  const given: (readonly [string, unknown])[] = [];
  const fallback: (readonly [string, unknown])[] = [];
  const limit = fileLimitOf(request.routeOptions?.config);
  try {
    for await (const part of request.parts(OPTIONS)) {
      if (part.type !== 'file') continue;
      checkNames(part);
      if (isFile(part)) {
        if (fallback.length > 0) throw tooLarge(limit);
        given.push(['content', await fileText(part, limit)]);
        fallback.push(['title', part.filename], ['contentType', mediaTypeOf(part)]);
      } else {
        const value = await valueOf(part);
        // A browser sends a field without input as an empty one.
        if (value !== '') given.push([part.fieldname, value]);
      }
    }
  } catch (error) {
    throw unreadable(error, limit);
  }
  const names = given.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw invalid(`The form gives ${JSON.stringify(twice.slice(0, 50))} twice; give it once.`);
  if (!names.includes('content'))
    throw invalid('The form has no file; attach the document as the part named file.');
  return Object.fromEntries([...fallback, ...given]);
}

/** A part is a file if it has a file name, or is binary. */
function isFile({ filename, mimetype }: MultipartFile): boolean {
  return (filename as string | undefined) !== undefined || mimetype === 'application/octet-stream';
}

function checkNames({ fieldname, filename }: MultipartFile): void {
  const names = [fieldname, filename] as readonly (string | undefined)[];
  if (!names.some((name) => name?.includes(REPLACEMENT))) return;
  throw invalid('A name in the form is not valid UTF-8; send it as UTF-8.');
}

async function valueOf(part: MultipartFile): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of part.file as AsyncIterable<Buffer>) {
    if ((bytes += chunk.length) > MAX_FIELD_BYTES)
      throw invalid('A field of the form is too long; shorten it.');
    chunks.push(chunk);
  }
  const value = Buffer.concat(chunks);
  if (part.fieldname === 'metadata' && bytes > 0) return jsonOf(value);
  return textOf(value, 'A field of the form');
}

/** Decoded while it arrives, so that memory holds the text and not its bytes as well. */
async function fileText({ file }: MultipartFile, limit: number | undefined): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const bytes of file as AsyncIterable<Buffer>)
    text += textOf(bytes, 'The file', () => decoder.decode(bytes, { stream: true }));
  if (file.truncated) throw tooLarge(limit);
  return text + textOf(undefined, 'The file', () => decoder.decode());
}

function textOf(bytes: Uint8Array | undefined, what: string, decode = () => UTF8.decode(bytes)): string {
  try {
    return decode();
  } catch (error) {
    throw invalid(`${what} is not valid UTF-8; save it as UTF-8 and put it in again.`, error);
  }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    throw invalid('The field metadata is not JSON; write it as a JSON object.', error);
  }
}

const MARKDOWN_NAME = /\.(md|markdown)$/i;
const TEXT_NAME = /\.(txt|text)$/i;

/** The file's type, or that of its name if the client did not know it, as with Markdown in browsers. */
function mediaTypeOf({ mimetype, filename = '' }: Partial<MultipartFile>): string {
  const unknown = mimetype === undefined || mimetype === '' || mimetype === 'application/octet-stream';
  if ((unknown || mimetype === 'text/plain') && MARKDOWN_NAME.test(filename)) return 'text/markdown';
  return unknown ? (TEXT_NAME.test(filename) ? 'text/plain' : (mimetype ?? '')) : mimetype;
}

function unreadable(error: unknown, limit: number | undefined): unknown {
  if (error instanceof AppError) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (statusCode === 413) return tooLarge(limit, error);
  // The form parser throws plain errors about a malformed form, the plugin its own.
  const isOfTheForm = typeof code !== 'string' || code.startsWith('FST_');
  return isOfTheForm ? invalid('The form cannot be read; send it as multipart/form-data.', error) : error;
}

function tooLarge(limit: number | undefined, cause?: unknown): AppError {
  return new AppError(
    'PAYLOAD_TOO_LARGE',
    `The form is too large; put in one file${limit === undefined ? '' : ` of at most ${limit} bytes`}, and split it if it is long.`,
    { cause, ...(limit === undefined ? {} : { details: { limit } }) },
  );
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('VALIDATION_FAILED', message, { cause });
}
