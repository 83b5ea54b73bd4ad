import type { GuardedAnswer } from '../../../platform/egress/index.js';
import { PageProblem } from './page.js';
import type { PageJob } from './page-worker.js';

const HTML_TYPES = ['text/html', 'application/xhtml+xml'];
const PDF_TYPE = 'application/pdf';

/** The media types whose content can be given as text. */
export const TAKEN_TYPES: readonly string[] = [
  ...HTML_TYPES,
  'text/*',
  PDF_TYPE,
  'application/json',
  'application/ld+json',
  'application/feed+json',
  'application/problem+json',
  'application/x-ndjson',
  'application/xml',
  'application/rss+xml',
  'application/atom+xml',
  'application/yaml',
  'application/x-yaml',
  'application/javascript',
];

/** How an answer is read: by its media type, or its first bytes where the server names none. */
export function kindOf({
  mediaType,
  body,
}: Pick<GuardedAnswer, 'mediaType' | 'body'>): PageJob['kind'] | 'text' {
  if (HTML_TYPES.includes(mediaType)) return 'html';
  if (mediaType === PDF_TYPE) return 'pdf';
  if (mediaType !== '') return 'text';
  const head = body.subarray(0, 1_024).toString('latin1');
  if (head.startsWith('%PDF-')) return 'pdf';
  if (head.includes('\0')) throw new PageProblem('The server does not say what it sends, and it is no text.');
  return /<(!doctype html|html|head|body)\b/i.test(head) ? 'html' : 'text';
}
