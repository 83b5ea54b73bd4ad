import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { validationFailed } from '../../platform/http/index.js';
import type { DocumentInput } from '../app/add-document.js';
import { readDocumentForm, type FormRequest } from './document-form.js';
import { documentBody } from './schemas.js';

/** The document in the request, checked, whether it came as JSON or as a form with a file. */
export const DocumentBody = createParamDecorator(
  async (_data: unknown, context: ExecutionContext): Promise<DocumentInput> => {
    const request = context.switchToHttp().getRequest<FormRequest>();
    return checked(request.isMultipart?.() === true ? await readDocumentForm(request) : request.body);
  },
);

function checked(body: unknown): DocumentInput {
  const parsed = documentBody.safeParse(body);
  if (parsed.success) return parsed.data;
  throw validationFailed(parsed.error.issues);
}
