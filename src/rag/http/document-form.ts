import type { Multipart, MultipartFile } from '@fastify/multipart';
import { AppError } from '../../kernel/index.js';

/** What @fastify/multipart adds to a request, as far as it is used here. */
export interface FormRequest {
  readonly body: unknown;
  readonly isMultipart?: () => boolean;
  readonly parts: (options: {
    readonly limits: { readonly files: number; readonly fields: number };
  }) => AsyncIterable<Multipart>;
}

/** One file, and more fields than a document has. */
const LIMITS = { files: 1, fields: 20 } as const;

/**
 * A document's form as the object a JSON body would have been, not yet checked: the file is its content, and
 * gives its title and type where no field does. Throws `PAYLOAD_TOO_LARGE`, or `VALIDATION_FAILED` for a form
 * that cannot be read.
 */
export async function readDocumentForm(request: FormRequest): Promise<Record<string, unknown>> {
  const given: (readonly [string, unknown])[] = [];
  const fallback: (readonly [string, unknown])[] = [];
  try {
    for await (const part of request.parts({ limits: LIMITS })) {
      if (part.type === 'field') {
        // A browser sends a field that nobody filled in as an empty one.
        if (part.value !== '') given.push([part.fieldname, part]);
      } else {
        given.push(['content', await textOf(part)]);
        fallback.push(['title', part.filename], ['contentType', mediaTypeOf(part)]);
      }
    }
  } catch (error) {
    throw unreadable(error);
  }
  const names = given.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw invalid(`The form gives ${JSON.stringify(twice.slice(0, 50))} twice; give it once.`);
  if (!names.includes('content'))
    throw invalid('The form has no file; attach the document as the part named file.');
  return Object.fromEntries([
    ...fallback,
    ...given.map(([name, value]) => [name, decoded(name, value)] as const),
  ]);
}

function decoded(name: string, value: unknown): unknown {
  if (typeof value === 'string') return value;
  const field = value as Extract<Multipart, { type: 'field' }>;
  if (field.valueTruncated || field.fieldnameTruncated)
    throw invalid('A field of the form is too long; shorten it.');
  return name === 'metadata' && typeof field.value === 'string' ? jsonOf(field.value) : field.value;
}

/** Decoded as it comes: what is in memory is the text, and not its bytes beside it. */
async function textOf({ file }: MultipartFile): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const bytes of file) text += decodedBy(decoder, bytes as Uint8Array, true);
  if (file.truncated) {
    throw new AppError('PAYLOAD_TOO_LARGE', 'The file is too large; split it into several documents.');
  }
  return text + decodedBy(decoder, undefined, false);
}

function decodedBy(decoder: TextDecoder, bytes: Uint8Array | undefined, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (error) {
    throw invalid('The file is not valid UTF-8; save it as UTF-8 and put it in again.', error);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid('The field metadata is not JSON; write it as a JSON object.', error);
  }
}

const MARKDOWN_NAME = /\.(md|markdown)$/i;
const TEXT_NAME = /\.(txt|text)$/i;

/** The file's type; by its name where the client knew none, as browsers do with Markdown. */
function mediaTypeOf({ mimetype, filename }: MultipartFile): string {
  const unknown = mimetype === '' || mimetype === 'application/octet-stream';
  if ((unknown || mimetype === 'text/plain') && MARKDOWN_NAME.test(filename)) return 'text/markdown';
  return unknown && TEXT_NAME.test(filename) ? 'text/plain' : mimetype;
}

function unreadable(error: unknown): unknown {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (statusCode === 413) {
    return new AppError(
      'PAYLOAD_TOO_LARGE',
      'The form is too large; put in one file, and split it if it is long.',
      {
        cause: error,
      },
    );
  }
  // The parser of forms speaks of a broken one in plain errors, the plugin in its own.
  const isOfTheForm = typeof code !== 'string' || code.startsWith('FST_');
  return isOfTheForm ? invalid('The form cannot be read; send it as multipart/form-data.', error) : error;
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('VALIDATION_FAILED', message, { cause });
}
