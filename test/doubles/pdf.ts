import { deflateSync } from 'node:zlib';

/** A PDF with a line of text on each page, or the operators of each page as they are given. */
export function pdfOf(
  pages: readonly string[],
  { title = 'A report', encrypt = false, isRaw = false } = {},
): Buffer {
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`);
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Kids[${kids.join(' ')}]/Count ${pages.length}>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ...pages.flatMap((page, index) => [
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents ${5 + index * 2} 0 R>>`,
      streamOf(isRaw ? page : page === '' ? '' : `BT /F1 12 Tf 72 720 Td (${page}) Tj ET`),
    ]),
    `<</Title(${title})/CreationDate(D:20260102030405Z)>>`,
  ];
  const chunks = [Buffer.from('%PDF-1.7\n', 'latin1')];
  const offsets = objects.map((object, index) => {
    const offset = chunks.reduce((sum, { length }) => sum + length, 0);
    chunks.push(Buffer.from(`${index + 1} 0 obj\n`, 'latin1'), Buffer.from(object, 'latin1'));
    chunks.push(Buffer.from('\nendobj\n', 'latin1'));
    return offset;
  });
  const start = chunks.reduce((sum, { length }) => sum + length, 0);
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const protection = encrypt
    ? `/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<${'11'.repeat(32)}>/U<${'22'.repeat(32)}>>>/ID[<00><00>]`
    : '';
  const trailer = `<</Size ${objects.length + 1}/Root 1 0 R/Info ${objects.length} 0 R${protection}>>`;
  const end = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n${trailer}\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.concat([...chunks, Buffer.from(end, 'latin1')]);
}

function streamOf(content: string): string {
  const packed = deflateSync(Buffer.from(content, 'latin1')).toString('latin1');
  return `<</Length ${packed.length}/Filter/FlateDecode>>\nstream\n${packed}\nendstream`;
}
