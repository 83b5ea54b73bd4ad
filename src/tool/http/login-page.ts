/** The page of a login of which something came: it names whose it was, so that whoever was sent here by others sees it. */
export function donePage(server: string, user: string): string {
  return page(
    'You are logged in',
    `Threadline may now use the MCP server <b>${escaped(server)}</b> for the user <b>${escaped(user)}</b>. You can close this page.`,
    'If that is not you, somebody has sent you here: take it back where you have just logged in.',
  );
}

/** The page of a login of which nothing came. */
export function failedPage(why: string): string {
  return page('You are not logged in', escaped(why), 'You can close this page.');
}

function page(title: string, ...paragraphs: readonly string[]): string {
  const text = paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<h1>${title}</h1>
${text}
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
