/**
 * Position of the character at which a text stops to be JSON, where V8's error names a token but no position. V8
 * does so where it wants a value and finds none: at the beginning, after `[`, `,` or `:`, and within a literal.
 * Everything before has been found valid, so it only needs to be skipped.
 */
export function jsonFaultPosition(text: string): number {
  let at = skipSpace(text, 0);
  let wantsValue = true;
  let mayClose = false;
  for (;;) {
    const char = text[at];
    if (char === undefined) return text.length;
    if (wantsValue && !startsValue(char) && !(mayClose && char === ']')) return at;
    mayClose = char === '[';
    wantsValue = char === '[' || char === ',' || char === ':';
    if (char === '"') at = endOfString(text, at);
    else if (Object.hasOwn(LITERALS, char)) {
      const matched = commonLength(text, at, LITERALS[char]!);
      at += matched;
      if (matched < LITERALS[char]!.length) return at;
    } else at += 1;
    // The digits of a number come one by one, so they are never wanted and never refused.
    at = skipSpace(text, at);
  }
}

const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };

function startsValue(char: string): boolean {
  return '"{[-0123456789tfn'.includes(char);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (' \t\n\r'.includes(text[at] ?? '.')) at += 1;
  return at;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function commonLength(text: string, at: number, literal: string): number {
  let length = 0;
  while (length < literal.length && text[at + length] === literal[length]) length += 1;
  return length;
}
