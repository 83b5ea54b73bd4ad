import { Readability } from '@mozilla/readability';
import Turndown from 'turndown';
import type { Page } from './page.js';
import { documentOf, type PageDocument, type PageElement } from './page-document.js';
import { tableToMarkdown } from './table-to-markdown.js';

/** More of a page is not parsed. */
const MAX_HTML_CHARS = 3_000_000;
/** Readability gives up on larger documents: its time grows faster than they do. */
const MAX_ELEMENTS = 20_000;
/** An article that is shorter is not what the page is about. */
const SHORT_CHARS = 500;

/** What nobody reads, or what is the same on each page of a site. */
const NOT_CONTENT =
  'script,style,noscript,template,iframe,object,svg,canvas,button,input,select,textarea,nav,footer,' +
  '[hidden],[aria-hidden="true"],[style*="display:none"],[style*="display: none"]';

/** The content of an HTML page as Markdown: its article where it has one, else all of it but what surrounds it. */
export function htmlToMarkdown(source: string, url: string): Page {
  const html = source.slice(0, MAX_HTML_CHARS);
  const isPartial = html.length < source.length;
  const { content, ...about } = articleOf(html, url) ?? wholeOf(html, url);
  return { ...about, text: markdown().turndown(content), isPartial };
}

type Content = Pick<Page, 'title' | 'date'> & { readonly content: PageElement };

function articleOf(html: string, url: string): Content | undefined {
  const document = documentOf(html, url);
  const title = titleOf(document);
  const article = parsed(document);
  const length = article?.textContent?.trim().length ?? 0;
  if (article?.content == null || length < SHORT_CHARS) return undefined;
  return {
    title: article.title || title,
    date: article.publishedTime ?? undefined,
    content: article.content,
  };
}

function parsed(document: PageDocument) {
  try {
    const options = { serializer: (node: unknown) => node as PageElement, maxElemsToParse: MAX_ELEMENTS };
    return new Readability<PageElement>(document, options).parse();
  } catch {
    // There are too many elements.
    return null;
  }
}

function wholeOf(html: string, url: string): Content {
  const document = documentOf(html, url);
  const title = titleOf(document);
  for (const element of document.querySelectorAll(NOT_CONTENT)) element.remove();
  const content = document.querySelector('main') ?? document.querySelector('body') ?? document;
  return { title, content };
}

function titleOf(document: PageDocument): string | undefined {
  return document.querySelector('title')?.textContent ?? undefined;
}

function isWithout(node: unknown, name: string, attribute: string): boolean {
  const element = node as PageElement;
  return element.nodeName === name && !element.getAttribute(attribute)?.trim();
}

function markdown(): Turndown {
  const turndown = new Turndown({
    headingStyle: 'atx',
    hr: '---',
    bulletListMarker: '-',
    codeBlockStyle: 'fenced',
    emDelimiter: '*',
  });
  turndown.remove(['script', 'style', 'noscript', 'template', 'iframe', 'title']);
  turndown.addRule('image without words', {
    filter: (node: unknown) => isWithout(node, 'IMG', 'alt'),
    replacement: () => '',
  });
  turndown.addRule('link without an address', {
    filter: (node: unknown) => isWithout(node, 'A', 'href'),
    replacement: (content) => content,
  });
  turndown.addRule('table', {
    filter: 'table',
    replacement: (content, node: unknown) => tableToMarkdown(node as PageElement, turndown) ?? content,
  });
  return turndown;
}
