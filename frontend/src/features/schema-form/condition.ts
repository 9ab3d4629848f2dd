/**
 * Conditions such as `fields.kind === "mail" && fields.to?.length > 0`: the small part of JavaScript that they need.
 *
 * Literals, `fields` (also `args`) and their members, `! && || ?? ?:`, comparisons, `+ - * / %`, `in`, lists, and the
 * methods `includes`, `startsWith`, `endsWith`. Anything else is no condition.
 */
type Token = { type: "number" | "string" | "name" | "mark" | "end"; text: string };
type Scope = Record<string, unknown>;
type Reading = { tokens: Token[]; at: number; scope: Scope };

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_$][\w$]*)|(===|!==|==|!=|<=|>=|&&|\|\||\?\?|\?\.|[<>!?:()[\].,+\-*/%]))/y;
const MOST_CHARACTERS = 500;

export class BadCondition extends Error {}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const source = text.trim();
  while (TOKEN.lastIndex < source.length) {
    const place = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw new BadCondition(`cannot read “${source.slice(place, place + 12)}”`);
    const [, number, string, name, mark] = match;
    if (number !== undefined) tokens.push({ type: "number", text: number });
    else if (string !== undefined)
      tokens.push({ type: "string", text: string.slice(1, -1).replace(/\\(.)/g, "$1") });
    else if (name !== undefined) tokens.push({ type: "name", text: name });
    else tokens.push({ type: "mark", text: mark ?? "" });
  }
  return [...tokens, { type: "end", text: "" }];
}

const peek = (reading: Reading): Token => reading.tokens[reading.at] ?? { type: "end", text: "" };

function take(reading: Reading): Token {
  const token = peek(reading);
  reading.at += 1;
  return token;
}

function expect(reading: Reading, text: string): void {
  const token = take(reading);
  if (token.text !== text || token.type === "string") throw new BadCondition(`“${text}” is missing`);
}

const WEIGHTS: Record<string, number> = {
  "??": 1,
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "===": 3,
  "!==": 3,
  "<": 4,
  ">": 4,
  "<=": 4,
  ">=": 4,
  in: 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

// biome-ignore lint/suspicious/noExplicitAny: values are whatever a form holds
type Any = any;

function combine(mark: string, a: Any, b: Any): unknown {
  switch (mark) {
    case "??":
      return a ?? b;
    case "||":
      return a || b;
    case "&&":
      return a && b;
    case "==":
      // biome-ignore lint/suspicious/noDoubleEquals: what the author wrote
      return a == b;
    case "!=":
      // biome-ignore lint/suspicious/noDoubleEquals: what the author wrote
      return a != b;
    case "===":
      return a === b;
    case "!==":
      return a !== b;
    case "<":
      return a < b;
    case ">":
      return a > b;
    case "<=":
      return a <= b;
    case ">=":
      return a >= b;
    case "in":
      return typeof b === "object" && b !== null && Object.hasOwn(b, a);
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    default:
      return a % b;
  }
}

function member(value: unknown, name: string | number): unknown {
  if (value === null || value === undefined) return undefined;
  if (name === "length" && (typeof value === "string" || Array.isArray(value))) return value.length;
  if (typeof value === "object" && Object.hasOwn(value, name)) return (value as Scope)[name];
  return undefined;
}

function called(value: unknown, method: string, argument: unknown): unknown {
  if (method === "includes" && Array.isArray(value)) return value.includes(argument);
  if (typeof value === "string") {
    if (method === "includes") return value.includes(String(argument));
    if (method === "startsWith") return value.startsWith(String(argument));
    if (method === "endsWith") return value.endsWith(String(argument));
  }
  if (["includes", "startsWith", "endsWith"].includes(method)) return false;
  throw new BadCondition(`there is no ${method}()`);
}

function primary(reading: Reading): unknown {
  const token = take(reading);
  if (token.type === "number") return Number(token.text);
  if (token.type === "string") return token.text;
  if (token.type === "mark") {
    if (token.text === "!") return !access(reading);
    if (token.text === "-") return -(access(reading) as number);
    if (token.text === "(") {
      const value = expression(reading);
      expect(reading, ")");
      return value;
    }
    if (token.text === "[") {
      const list: unknown[] = [];
      while (peek(reading).text !== "]") {
        list.push(expression(reading));
        if (peek(reading).text !== ",") break;
        take(reading);
      }
      expect(reading, "]");
      return list;
    }
  }
  if (token.type === "name") {
    switch (token.text) {
      case "true":
        return true;
      case "false":
        return false;
      case "null":
        return null;
      case "undefined":
        return undefined;
      case "fields":
      case "args":
        return reading.scope;
    }
    if (Object.hasOwn(reading.scope, token.text)) return reading.scope[token.text];
    return undefined;
  }
  throw new BadCondition(
    token.text ? `“${token.text}” is not expected there` : "something is missing at the end",
  );
}

function access(reading: Reading): unknown {
  let value = primary(reading);
  while (true) {
    const mark = peek(reading);
    if (mark.type !== "mark") return value;
    if (mark.text === "." || mark.text === "?.") {
      take(reading);
      if (peek(reading).text === "[") continue;
      const name = take(reading);
      if (name.type !== "name") throw new BadCondition("a name is missing behind the dot");
      if (peek(reading).text === "(" && peek(reading).type === "mark") {
        take(reading);
        const argument = expression(reading);
        expect(reading, ")");
        value = called(value, name.text, argument);
      } else value = member(value, name.text);
    } else if (mark.text === "[") {
      take(reading);
      value = member(value, expression(reading) as string);
      expect(reading, "]");
    } else return value;
  }
}

function binary(reading: Reading, least: number): unknown {
  let left = access(reading);
  while (true) {
    const token = peek(reading);
    const weight = token.type === "string" ? undefined : WEIGHTS[token.text];
    if (weight === undefined || weight < least) return left;
    take(reading);
    left = combine(token.text, left, binary(reading, weight + 1));
  }
}

function expression(reading: Reading): unknown {
  const condition = binary(reading, 1);
  if (peek(reading).text !== "?" || peek(reading).type !== "mark") return condition;
  take(reading);
  const yes = expression(reading);
  expect(reading, ":");
  const no = expression(reading);
  return condition ? yes : no;
}

/** What a condition says of these values. Throws BadCondition, with what is wrong, for anything that is none. */
export function evaluate(text: string, fields: Scope): unknown {
  if (text.length > MOST_CHARACTERS) throw new BadCondition(`more than ${MOST_CHARACTERS} characters`);
  const reading: Reading = { tokens: tokenize(text), at: 0, scope: fields };
  const value = expression(reading);
  if (peek(reading).type !== "end") throw new BadCondition(`“${peek(reading).text}” is not expected there`);
  return value;
}

/** Whether a field is asked for. One whose condition cannot be read is. */
export function isShown(condition: string | undefined, fields: Scope): boolean {
  if (!condition?.trim()) return true;
  try {
    return Boolean(evaluate(condition, fields));
  } catch (error) {
    if (error instanceof BadCondition) return true;
    throw error;
  }
}
