// Lays a statement out for reading: the lines stay as they were written, but for those that are too long, and are
// indented anew by what they stand in, because fragments come with the indentation of another place. Only white space
// outside quotes changes.

const WIDTH = 120;

/** A line that begins so stands by itself; any other goes on with the one before it. */
const CLAUSE =
  /^(\)|--|(WITH|SELECT|FROM|WHERE|JOIN|(LEFT|CROSS|FULL) JOIN|(GROUP|ORDER) BY|HAVING|WINDOW|LIMIT|OFFSET|FOR|UNION|INSERT|UPDATE|DELETE|SET|VALUES|ON CONFLICT|USING|RETURNING|WHEN|ELSE|END)\b)/;

/** A line that is too long is broken before these; where it has none of them, before the others or after a comma. */
const CLAUSE_WORD = /^(SELECT|FROM|WHERE|JOIN|CROSS|LEFT|GROUP|ORDER|RETURNING)$/;
const OPERATOR = /^(AND|OR|WHEN|ELSE)$/;

const OPENS = /^(\(|CASE)$/;
const CLOSES = /^(\)|END)$/;

/** What stands for itself: a comment, a text in quotes, a parenthesis, a comma, white space, or anything else. */
const TOKEN = /--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|[(),]|\s+|[^\s'"(),-]+|-/g;

/** The text of a statement as lines of about 120 characters at most. */
export function layOut(text) {
  let lines = linesOf(text);
  for (;;) {
    const margins = marginsOf(lines);
    const broken = lines.flatMap((line, index) => inPieces(line, margins[index]));
    if (broken.length === lines.length)
      return lines.map((line, index) => ' '.repeat(margins[index]) + line.join('')).join('\n');
    lines = broken;
  }
}

/** The tokens of each line that has any, with single spaces between them. */
function linesOf(text) {
  const lines = [[]];
  for (const token of text.match(TOKEN)) {
    if (token.trim() !== '') lines.at(-1).push(token);
    else if (token.includes('\n')) lines.push([]);
    else lines.at(-1).push(' ');
  }
  return lines.map(trimmed).filter((line) => line.length > 0);
}

function trimmed(tokens) {
  const isWord = (token) => token !== ' ';
  return tokens.slice(tokens.findIndex(isWord) >>> 0, tokens.findLastIndex(isWord) + 1);
}

function marginsOf(lines) {
  const open = [];
  return lines.map((tokens) => {
    let margin = open.at(-1) ?? 0;
    let leading = 0;
    for (; CLOSES.test(tokens[leading]); leading += 1) margin = (open.pop() ?? 2) - 2;
    const own = CLAUSE.test(tokens.join('')) ? margin : margin + 2;
    for (const token of tokens.slice(leading)) {
      if (OPENS.test(token)) open.push(own + 2);
      if (CLOSES.test(token)) open.pop();
    }
    return own;
  });
}

/** A line that is too long as several, broken outside as many parentheses as can be. */
function inPieces(tokens, margin) {
  if (margin + tokens.join('').length <= WIDTH) return [tokens];
  const places = placesOf(tokens);
  const clauses = cut(
    tokens,
    places.filter((place) => place.isClause),
  );
  if (clauses.length > 1) return clauses;
  const lines = [[]];
  for (const piece of cut(tokens, places)) {
    const width = margin + 2 + [...lines.at(-1), ' ', ...piece].join('').length;
    if (width > WIDTH && lines.at(-1).length > 0) lines.push(piece);
    else lines.at(-1).push(...(lines.at(-1).length > 0 && piece[0] !== ')' ? [' '] : []), ...piece);
  }
  return lines;
}

/** Where a line may be broken: of all such places those outside the most parentheses. */
function placesOf(tokens) {
  let depth = 0;
  const places = [];
  tokens.forEach((token, at) => {
    if (CLOSES.test(token)) depth -= 1;
    const isClause = CLAUSE_WORD.test(token) && !(token === 'JOIN' && CLAUSE_WORD.test(tokens[at - 2]));
    if (at > 0 && (isClause || OPERATOR.test(token))) places.push({ at, depth, isClause });
    if (token === ',' && at + 1 < tokens.length) places.push({ at: at + 1, depth, isClause: false });
    if (OPENS.test(token)) depth += 1;
  });
  const outermost = Math.min(...places.map((place) => place.depth));
  return places.filter((place) => place.depth === outermost);
}

function cut(tokens, places) {
  const starts = [0, ...places.map(({ at }) => at)];
  return starts.map((start, index) => trimmed(tokens.slice(start, starts[index + 1])));
}
