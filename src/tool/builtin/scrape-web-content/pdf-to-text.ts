import { getDocumentProxy } from 'unpdf';
import { PageProblem, type Page } from './page.js';

const MAX_PAGES = 500;

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

/** The text of a PDF, page by page, until it has so many characters. */
export async function pdfToText(bytes: Uint8Array, maxChars: number): Promise<Page> {
  const pdf = await open(bytes);
  let text = '';
  let page = 0;
  while (page < Math.min(pdf.numPages, MAX_PAGES) && text.length < maxChars) {
    page += 1;
    text += `${page === 1 ? '' : '\n\n'}[Page ${page} of ${pdf.numPages}]\n\n${await textOf(pdf, page)}`;
  }
  if (!/[\p{L}\p{N}]/u.test(text.replace(/^\[Page \d+ of \d+\]$/gm, ''))) {
    throw new PageProblem('The PDF has no text: its pages are images.');
  }
  return { ...(await aboutOf(pdf)), text, isPartial: page < pdf.numPages };
}

async function open(bytes: Uint8Array): Promise<Pdf> {
  try {
    return await getDocumentProxy(bytes, {
      verbosity: 0,
      useSystemFonts: false,
      disableFontFace: true,
      maxImageSize: 0,
      // Nothing but what stands in the file: no streams that fetch, no forms.
      useWorkerFetch: false,
      disableAutoFetch: true,
      disableStream: true,
      enableXfa: false,
    });
  } catch (error) {
    if ((error as Error).name === 'PasswordException') {
      throw new PageProblem('The PDF is protected by a password.');
    }
    throw new PageProblem('The PDF is damaged, and cannot be read.');
  }
}

async function textOf(pdf: Pdf, number: number): Promise<string> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  page.cleanup();
  return items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
}

async function aboutOf(pdf: Pdf): Promise<Pick<Page, 'title' | 'date'>> {
  const { info } = (await pdf.getMetadata()) as unknown as { info: Record<string, unknown> };
  const [, year, month = '01', day = '01'] =
    /^D:(\d{4})(\d{2})?(\d{2})?/.exec(stringOf(info['ModDate'] ?? info['CreationDate'])) ?? [];
  return {
    title: stringOf(info['Title']) || undefined,
    date: year === undefined ? undefined : `${year}-${month}-${day}`,
  };
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
