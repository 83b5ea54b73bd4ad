import { parseHTML } from 'linkedom';
import { PageProblem } from './page.js';

/** What is used of a DOM element. */
export interface PageElement {
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly parentNode: PageElement | null;
  readonly firstElementChild: PageElement | null;
  readonly nextElementSibling: PageElement | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  remove(): void;
}

export interface PageDocument extends PageElement {
  readonly documentElement: PageElement | null;
}

/** Browsers nest no deeper; what works through a document takes its depth times its size, or its stack. */
const MAX_DEPTH = 512;

const FRAME = /<\/?(?:html|head|body)\b[^>]{0,2000}>|<!doctype[^>]{0,2000}>/gi;

/**
 * A page as a document with absolute links, in which nothing runs and nothing is loaded. Throws a {@link PageProblem} for
 * one that is nested too deeply.
 */
export function documentOf(html: string, url: string): PageDocument {
  let document = parse(html, url);
  // Where the tags that may be left out are left out, the parser does not put them in.
  if (document.documentElement?.nodeName !== 'HTML' || document.querySelector('body') === null) {
    document = parse(`<html><head></head><body>${html.replace(FRAME, '')}</body></html>`, url);
  }
  checkDepth(document);
  makeLinksAbsolute(document, url);
  return document;
}

function checkDepth(document: PageDocument): void {
  let depth = 1;
  let element = document.documentElement;
  while (element !== null && depth > 0) {
    if (depth > MAX_DEPTH) throw new PageProblem('The page is nested too deeply to be read.');
    let next = element.firstElementChild;
    if (next !== null) depth += 1;
    while (next === null && element !== null && depth > 0) {
      next = element.nextElementSibling;
      if (next !== null) break;
      element = element.parentNode;
      depth -= 1;
    }
    element = next;
  }
}

function parse(html: string, url: string): PageDocument {
  return (parseHTML(html, { location: { href: url } }) as unknown as { document: PageDocument }).document;
}

function makeLinksAbsolute(document: PageDocument, url: string): void {
  const base = absolute(document.querySelector('base[href]')?.getAttribute('href') ?? '', url) ?? url;
  for (const element of document.querySelectorAll('base')) element.remove();
  for (const [selector, attribute] of [
    ['a[href]', 'href'],
    ['img[src]', 'src'],
  ] as const) {
    for (const element of document.querySelectorAll(selector)) {
      const link = absolute(element.getAttribute(attribute) ?? '', base);
      if (link === undefined) element.removeAttribute(attribute);
      else element.setAttribute(attribute, link);
    }
  }
}

/** Links of the web alone: no scripts, and no data that stand in the link. */
function absolute(link: string, base: string): string | undefined {
  if (!URL.canParse(link, base)) return undefined;
  const { href, protocol } = new URL(link, base);
  return protocol === 'http:' || protocol === 'https:' || protocol === 'mailto:' ? href : undefined;
}
