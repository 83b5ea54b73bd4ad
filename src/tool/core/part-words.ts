import { describeContent, imageInWords } from '../../kernel/index.js';
import type { OutputPart } from './tool-output.js';

/** A part in words, as the model reads it and as it stands in the text of the result. */
export function wordsOf(part: OutputPart): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'image':
      return imageInWords({ mediaType: part.mediaType, size: bytesOf(part.data) });
    case 'audio':
      return `[a recording (${describeContent(part.mediaType, bytesOf(part.data))}) that you cannot hear; the user is given it]`;
    case 'resource':
      if ('text' in part) return part.text;
      return `[a file (${describeContent(part.mediaType, bytesOf(part.data))}) that you cannot read; the user is given it: ${part.uri}]`;
    case 'resource_link':
      return linkInWords(part);
  }
}

/** The bytes that a Base64 text stands for. */
export function bytesOf(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

function linkInWords(link: Extract<OutputPart, { type: 'resource_link' }>): string {
  const { uri, name, title, description, mediaType, size } = link;
  const about = [describeContent(mediaType, size), description ?? ''].filter((words) => words !== '');
  return `[${inBrackets(title ?? name)}](${inParentheses(uri)})${about.length === 0 ? '' : ` (${about.join('; ')})`}`;
}

/** What others call a link does not end its name. */
function inBrackets(label: string): string {
  return label.replaceAll('[', '(').replaceAll(']', ')');
}

/** Nor does its address end itself. */
function inParentheses(uri: string): string {
  const encoded = uri.replace(/[\s<>]/gu, (one) => encodeURIComponent(one));
  return encoded.replaceAll('(', '%28').replaceAll(')', '%29');
}
