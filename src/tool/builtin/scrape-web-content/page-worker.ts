/** The entry of the thread in which pages of strangers are parsed, one page in its life. */
import { parentPort, workerData } from 'node:worker_threads';
import { decodeText } from './decode-text.js';
import { htmlToMarkdown } from './html-to-markdown.js';
import { PageProblem, type Page } from './page.js';
import { pdfToText } from './pdf-to-text.js';

/** What a thread is started with. */
export interface PageJob {
  readonly kind: 'html' | 'pdf';
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly url: string;
  /** How much of the text is of use. */
  readonly maxChars: number;
}

/** What it says in the end. */
export type PageReport = { readonly page: Page } | { readonly problem: string };

async function read({ kind, bytes, contentType, url, maxChars }: PageJob): Promise<PageReport> {
  try {
    const page =
      kind === 'pdf' ? await pdfToText(bytes, maxChars) : htmlToMarkdown(decodeText(bytes, contentType), url);
    // One character more says that there is more.
    const text = page.text.slice(0, maxChars + 1);
    return { page: { ...page, text } };
  } catch (error) {
    if (error instanceof PageProblem) return { problem: error.message };
    throw error;
  }
}

parentPort?.postMessage(await read(workerData as PageJob));
