// Elements. Whatever comes from a file becomes text: nothing here reads HTML.

import { money } from "./facts.mjs";

// Makes an element: attributes, then children that are nodes or become text.
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== "") element.setAttribute(key, value);
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return element;
}

export const code = (text) => h("code", {}, text);

export const amount = (minor, currency) => h("span", { class: "amount" }, money(minor, currency));

// Rows of name and value, and of a class where a third is given; falsy rows are left out.
export const facts = (rows) => h("table", { class: "facts" }, h("tbody", {}, rows.filter(Boolean).map(([name, value, kind]) =>
  h("tr", { class: kind ?? "" }, h("th", { scope: "row" }, name), h("td", {}, value)))));

// A table with column heads.
export const grid = (heads, rows) => h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
  h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell))))));
