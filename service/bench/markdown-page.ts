/** The part of a page that a command writes: from a comment that names the command to the one that ends it. */
export interface WrittenPart {
  readonly begin: string;
  readonly end: string;
}

/** The page with that part anew. @throws where the page has no place for it */
export function withPart(page: string, { begin, end }: WrittenPart, text: string): string {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no ${begin} … ${end}`);
  return `${before}${begin}\n\n${text}\n\n${end}${after}`;
}

/** A table as Prettier leaves it. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (row: readonly string[], column: number): string => row[column] ?? '–';
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => cell(row, column).length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => cell(row, column).padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
