import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { validationFailed } from '../../platform/http/index.js';
import type { DocumentInput } from '../app/add-document.js';
import type { Metadata } from '../core/document.js';
import { metadataProblem } from '../core/storable.js';
import { readDocumentForm, type FormRequest } from './document-form.js';
import { documentBody } from './schemas.js';

/** The validated document of a request, sent as JSON or as a form with a file. */
export const DocumentBody = createParamDecorator(
  async (_data: unknown, context: ExecutionContext): Promise<DocumentInput> => {
    const request = context.switchToHttp().getRequest<FormRequest>();
    return checked(request.isMultipart?.() === true ? await readDocumentForm(request) : request.body);
  },
);

/** More fields than a document has, and few enough to validate one by one. */
const MAX_FIELDS = 50;

function checked(body: unknown): DocumentInput {
  const early = earlyProblem(body);
  if (early !== undefined) throw validationFailed([early]);
  const parsed = documentBody.safeParse(body);
  if (parsed.success) return parsed.data;
  throw validationFailed(parsed.error.issues);
}

/** Problems that the schema would find only after it has validated everything. */
function earlyProblem(body: unknown): { path: string[]; message: string } | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  let fields = 0;
  for (const _ in body) if ((fields += 1) > MAX_FIELDS) return { path: [], message: 'has too many fields' };
  const { metadata } = body as { readonly metadata?: unknown };
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return undefined;
  const problem = metadataProblem(metadata as Metadata);
  return problem === undefined ? undefined : { path: ['metadata'], message: problem };
}
