// Strict JSON (FORMAT.md, section 1). JSON.parse would not do: it accepts a key twice, rounds numbers, and moves
// keys that look like integers to the front. Objects become Maps, which keep their order and have no prototype.

const MAX_DEPTH = 32;

// Any refusal of a text, with one sentence.
export class JsonError extends Error {}

// Parses a whole text: no key twice, integers within ±(2^53−1) only, at most 32 nested levels.
export function parseJson(text) {
  let at = 0;
  const chars = /[^"\\\u0000-\u001f]*/y;
  const number = /-?(?:0|[1-9][0-9]*)/y;
  const space = /[ \t\n\r]*/y;
  const refuse = (why) => { throw new JsonError(`${why} at character ${at}`); };
  const skip = () => { space.lastIndex = at; space.test(text); at = space.lastIndex; };

  function string() {
    let out = "";
    at++;
    for (;;) {
      chars.lastIndex = at;
      out += chars.exec(text)[0];
      at = chars.lastIndex;
      const c = text[at];
      if (c === '"') { at++; return out; }
      if (c !== "\\") refuse("a string is not closed or holds a control character");
      out += escape();
    }
  }

  function escape() {
    const short = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
    const c = text[at + 1];
    if (c !== undefined && Object.hasOwn(short, c)) { at += 2; return short[c]; }
    const unit = hex4();
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    const low = unit < 0xdc00 ? hex4() : 0;
    if (low < 0xdc00 || low > 0xdfff) refuse("half a surrogate pair");
    return String.fromCharCode(unit, low);
  }

  function hex4() {
    const digits = text.slice(at, at + 6);
    if (!/^\\u[0-9a-fA-F]{4}$/.test(digits)) refuse("not an escape of JSON");
    at += 6;
    return parseInt(digits.slice(2), 16);
  }

  function value(depth) {
    const c = text[at];
    if (c === '"') return string();
    if (c === "{" || c === "[") {
      if (depth >= MAX_DEPTH) refuse("nested deeper than 32 levels");
      return c === "{" ? object(depth + 1) : array(depth + 1);
    }
    for (const [word, meaning] of [["true", true], ["false", false], ["null", null]]) {
      if (text.startsWith(word, at)) { at += word.length; return meaning; }
    }
    number.lastIndex = at;
    const digits = number.exec(text)?.[0] ?? refuse("not JSON");
    const n = Number(digits);
    if (!Number.isSafeInteger(n) || digits === "-0" || /[.eE]/.test(text[at + digits.length] ?? "")) {
      refuse("a number that is not an integer within 2^53−1");
    }
    at += digits.length;
    return n;
  }

  // The items of an array or object up to its closing mark.
  function items(close, item) {
    at++;
    skip();
    if (text[at] === close) { at++; return; }
    for (;;) {
      skip();
      item();
      skip();
      const c = text[at++];
      if (c === close) return;
      if (c !== ",") { at--; refuse(`"," or "${close}" is missing`); }
    }
  }

  function array(depth) {
    const out = [];
    items("]", () => out.push(value(depth)));
    return out;
  }

  function object(depth) {
    const out = new Map();
    items("}", () => {
      if (text[at] !== '"') refuse("a key is missing");
      const key = string();
      if (out.has(key)) refuse("a key appears twice");
      skip();
      if (text[at] !== ":") refuse('":" is missing');
      at++;
      skip();
      out.set(key, value(depth));
    });
    return out;
  }

  skip();
  const out = value(0);
  skip();
  if (at !== text.length) refuse("something follows the JSON");
  return out;
}

// Writes a value as this ledger writes what it hashes: no white space, order kept, only the escapes JSON requires.
export function writeJson(value) {
  if (value instanceof Map) {
    return `{${[...value].map(([key, inner]) => `${JSON.stringify(key)}:${writeJson(inner)}`).join(",")}}`;
  }
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  return JSON.stringify(value);
}

// ---- Shapes: each takes a value and gives it back, or refuses it.

export const refuseShape = (what) => { throw new JsonError(`expected ${what}`); };
export const text = (v) => (typeof v === "string" ? v : refuseShape("a text"));
export const index = (v) => (Number.isSafeInteger(v) && v >= 0 ? v : refuseShape("a number"));
export const list = (v, item) => (Array.isArray(v) ? v.map(item) : refuseShape("a list"));
export const matching = (v, form, what) => (form.test(text(v)) ? v : refuseShape(what));
export const hexText = (v) => matching(v, /^[0-9a-f]{64}$/, "64 hexadecimal digits");
export const orNull = (v, item) => (v === null ? null : item(v));

// An object with exactly these fields, in this order: `{name: shape}`; names ending in "?" may be left out.
export function fields(v, shapes) {
  if (!(v instanceof Map)) refuseShape("an object");
  const out = {};
  const given = [...v.keys()];
  for (const [field, shape] of Object.entries(shapes)) {
    const name = field.replace("?", "");
    if (given[0] === name) out[name] = shape(v.get(given.shift()));
    else if (name === field) refuseShape(`the field "${name}" here`);
  }
  if (given.length) refuseShape(`no field "${given[0]}" here`);
  return out;
}

// The same where the order is the writer's: what members sign, and the genesis file.
export function fieldsInAnyOrder(v, shapes) {
  if (!(v instanceof Map)) refuseShape("an object");
  const names = Object.keys(shapes).map((field) => field.replace("?", ""));
  const ordered = new Map(names.filter((name) => v.has(name)).map((name) => [name, v.get(name)]));
  for (const name of v.keys()) if (!ordered.has(name)) refuseShape(`no field "${name}"`);
  return fields(ordered, shapes);
}

// Whether two texts ascend strictly in the order of their UTF-8 bytes, which is the order of code points.
export function ascends(a, b) {
  const left = [...a], right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i].codePointAt(0) < right[i].codePointAt(0);
  }
  return left.length < right.length;
}
