// What a verified file says, as a document for people. Called with verified content only; all of it becomes text.

import { fieldName, isTechnical, kindName, moment, money, wordFor, valueWord } from "./facts.mjs";
import { explanations, groundSections } from "./grounds.mjs";
import { amount, code, facts, grid, h } from "./html.mjs";
import { parseJson, writeJson } from "./json.mjs";

// The value of a state key where it is JSON, as Maps.
const parsed = (text) => {
  try {
    return text === null || text === undefined ? null : parseJson(text);
  } catch {
    return null;
  }
};

// Everything below the checks, of a receipt, a state proof or a bundle.
export function contentOf(kind, content, words) {
  const view = viewOf(content, words);
  const sections = { bundle: bundleSections, receipt: receiptSections, state: stateSections }[kind](content, words, view);
  return [...sections, ...groundSections(content, words, view), ...explanations(kind, words)];
}

// What sections look up: members' names and the currency of receivables.
function viewOf(content, words) {
  const state = content.state ?? new Map();
  const members = new Map(content.genesis.members.map((m) => [m.id, m.names]));
  const currencies = new Map();
  for (const [key, value] of state) {
    const fields = parsed(value);
    if (!(fields instanceof Map)) continue;
    if (key.startsWith("member/")) members.set(key.slice(7), fields.get("names"));
    if (key.startsWith("rcv/")) currencies.set(key.slice(4), fields.get("currency"));
  }
  const nameOf = (id) => {
    const names = members.get(id);
    const order = words.side === 0 ? ["zh-CN", "zh", "en"] : ["en", "zh-CN"];
    const found = names instanceof Map ? order.map((tag) => names.get(tag)).find(Boolean) ?? [...names.values()][0] : null;
    return found ?? id;
  };
  const shownRecords = (content.entries ?? [content.entry]).flatMap((entry) => entry?.records ?? []);
  const numbers = new Map(shownRecords.map((record, i) => [record.id, i + 1]));
  const party = (id) => (nameOf(id) === id ? [code(id)] : [`${nameOf(id)} `, code(id)]);
  return { state, currencies, nameOf, numbers, party, at: (block) => words.t("as_of_text", block.height, moment(block.time, words.side)) };
}

// ---- A body's fields, nested ones below; digests and signatures stand in the whole text only

function fieldsOf(body, words, view, currency) {
  const own = typeof body.get("currency") === "string" && /^[A-Z]{3}$/.test(body.get("currency")) ? body.get("currency") : null;
  const known = own ?? currency ?? view.currencies.get(body.get("receivable"));
  const plain = [...body].filter(([field]) => !isTechnical(field));
  const rows = plain.map(([field, value]) => [h("dt", {}, fieldName(field, words.side)), h("dd", {}, shown(field, value, words, view, known))]);
  return h("dl", {}, rows.flat());
}

function shown(field, value, words, view, currency) {
  if (value instanceof Map) return value.size ? fieldsOf(value, words, view, currency) : words.t("none");
  if (Array.isArray(value)) {
    if (!value.length) return words.t("none");
    if (value.some((item) => item instanceof Map)) return value.map((item) => h("div", {}, shown(field, item, words, view, currency)));
    return value.flatMap((item, i) => [i ? ", " : "", shown(field, item, words, view, currency)].flat());
  }
  if (typeof value === "number") {
    const minor = ["minor", "face", "remaining", "outstanding", "limit_minor"].includes(field);
    return minor && currency ? amount(value, currency) : String(value);
  }
  if (typeof value === "boolean") return words.t(String(value));
  if (value === null) return words.t("none");
  const word = valueWord(field, value, words.side);
  if (word === value && view.nameOf(value) !== value) return view.party(value);
  if (view.numbers.has(value)) return [`${words.t("numbered", view.numbers.get(value))} `, code(value)];
  return isTechnical(field) || /^[0-9a-f]{64}(:\d+)?$/.test(value) ? code(word) : word;
}

// ---- Bundles

function bundleSections(content, words, view) {
  const { t } = words;
  const { subject, state, block } = content;
  const receivable = subject.kind === "receivable" ? receivableOf(state.get(`rcv/${subject.id}`)) : null;
  const others = [...state].filter(([key]) => !key.startsWith("obj/") && !key.startsWith("member/") && !key.startsWith("gov/rules/")
    && !(receivable && key === `rcv/${subject.id}`));
  const member = subject.kind === "member" ? parsed(state.get(`member/${subject.id}`)) : null;
  const own = member instanceof Map && Array.isArray(member.get("keys")) ? member : null;
  return [
    h("section", {}, h("h2", {}, t("subject_title")),
      h("p", { class: "subject" }, t(`subject_${subject.kind}`), receivable ? `　${money(receivable.get("face"), receivable.get("currency"))}` : "",
        own ? `　${view.nameOf(subject.id)}` : ""),
      facts([
        [t("id"), code(subject.id)], [t("as_of"), view.at(block)], ...partyRows(content, words, view),
        [t("origin"), content.genesis.origin], [t("ledger"), code(content.genesis.id)],
      ])),
    receivable && receivableSection(receivable, block, words, view),
    own && memberSection(own, block, words),
    others.length ? h("section", {}, h("h2", {}, t(receivable || own ? "other_state" : "state_title")), others.map((pair) => stateValue(pair, words, view))) : null,
    eventsSection(content, words, view), signersSection(content, words, view), rulesSection(state, words),
  ].filter(Boolean);
}

// Who takes part, as far as the records shown say so.
function partyRows({ subject, entries }, words, view) {
  if (subject.kind !== "receivable") return [];
  const issuerOf = (kind, accept) => entries.find((entry) => entry.leaf.accepted && entry.records.some((r) => r.kind === kind && accept(r)))?.jwt.claims.iss;
  const creditor = issuerOf("finance.receivable/1", (r) => r.id === subject.id);
  const confirmer = issuerOf("finance.confirm/1", (r) => r.body.get("receivable") === subject.id);
  return [creditor && [words.t("creditor"), view.party(creditor)], confirmer && [words.t("confirmer"), view.party(confirmer)]].filter(Boolean);
}

// A receivable's value, where it has the fields that the sums need; another shape is shown as it stands.
function receivableOf(text) {
  const value = parsed(text);
  const lists = (field, numbers) => Array.isArray(value.get(field))
    && value.get(field).every((one) => one instanceof Map && numbers.every((number) => typeof one.get(number) === "number"));
  const fits = value instanceof Map && typeof value.get("currency") === "string" && typeof value.get("face") === "number"
    && typeof value.get("remaining") === "number" && lists("reservations", ["minor", "until_ms"]) && lists("pledges", ["minor", "outstanding"]);
  return fits ? value : null;
}

function receivableSection(value, block, words, view) {
  const { t } = words;
  const currency = value.get("currency");
  const reservations = value.get("reservations");
  const pledges = value.get("pledges");
  const live = reservations.filter((one) => block.time < one.get("until_ms"));
  const total = (list, field) => list.reduce((sum, one) => sum + one.get(field), 0);
  const [pledged, reserved] = [total(pledges, "outstanding"), total(live, "minor")];
  const rest = new Map([...value].filter(([field]) => !["face", "remaining", "reservations", "pledges", "currency", "exact", "blurred", "confirmer"].includes(field)
    && !(Array.isArray(value.get(field)) && !value.get(field).length) && value.get(field) !== false));
  const rows = [
    ...pledges.map((one) => [t("pledge"), amount(one.get("minor"), currency), amount(one.get("outstanding"), currency), String(one.get("until")), String(one.get("register_no")), code(String(one.get("id")))]),
    ...reservations.map((one) => [live.includes(one) ? t("reservation") : `${t("reservation")} (${t("expired")})`, amount(one.get("minor"), currency), "—",
      h("span", { class: "amount" }, moment(one.get("until_ms"), words.side)), "—", code(String(one.get("id")))]),
  ];
  return h("section", {}, h("h2", {}, t("state_title")),
    facts([
      [t("face"), amount(value.get("face"), currency)], [t("remaining"), amount(value.get("remaining"), currency)],
      [t("pledged"), amount(pledged, currency)], [t("reserved"), amount(reserved, currency)],
      [t("free"), amount(Math.max(0, value.get("remaining") - pledged - reserved), currency), "free"],
      ...[...rest].map(([field, inner]) => [fieldName(field, words.side), shown(field, inner, words, view, currency)]),
    ]),
    rows.length ? [h("h3", {}, t("encumbrances")), grid([t("kind"), t("amount"), t("outstanding"), t("until"), t("register_no"), t("id")], rows)] : null);
}

function stateValue([key, value], words, view) {
  const inner = parsed(value);
  return h("div", {}, h("h3", {}, code(key)),
    value === null ? h("p", {}, h("span", { class: "tag plain" }, words.t("no_value")))
      : inner instanceof Map ? fieldsOf(inner, words, view) : h("pre", {}, inner === null ? value : writeJson(inner)));
}

function eventsSection(content, words, view) {
  const { t } = words;
  if (!content.entries.length && !content.listings.size) return null;
  const listings = [...content.listings].map(([object, records]) =>
    h("li", {}, records.length ? t("listing", object, records.length) : t("listing_none", object)));
  return h("section", {}, h("h2", {}, t("events_title")), h("ul", {}, listings), timeline(content, words, view),
    h("h3", {}, t("records_title")), h("ol", { class: "events" }, content.entries.flatMap((entry) => entryItems(entry, words, view))));
}

// A table of all records shown, by the time that each states.
function timeline(content, words, view) {
  const { t, side } = words;
  const said = (value) => (typeof value === "string" ? value : null);
  const rows = content.entries.flatMap((entry) => entry.records.map((record) => {
    const { body } = record;
    const step = said(body.get("bizStep")) ?? said(body.get("decision")) ?? said(body.get("status"));
    const what = [kindName(record.kind, side), step && `: ${wordFor(step, side)}`, entry.leaf.accepted ? null : [" ", outcomeTag(entry.leaf, words)]].flat();
    return {
      time: said(body.get("eventTime")) ?? record.at, number: view.numbers.get(record.id), what,
      place: said(body.get("readPoint")) ?? said(body.get("bizLocation")), by: view.nameOf(entry.jwt.claims.iss), height: entry.leaf.height,
    };
  }));
  if (rows.length < 2) return null;
  const instant = (time) => Date.parse(time) || 0;
  rows.sort((a, b) => instant(a.time) - instant(b.time));
  const placed = rows.some(({ place }) => place);
  const cells = rows.map(({ time, number, what, place, by, height }) =>
    [String(number), h("span", { class: "amount" }, time), what, ...(placed ? [place ?? "—"] : []), by, String(height)]);
  const heads = [t("no"), t("stated"), t("what"), ...(placed ? [t("where")] : []), t("by"), t("block_time")];
  return [h("h3", {}, t("timeline")), grid(heads, cells)];
}

function entryItems(entry, words, view) {
  const { t } = words;
  if (entry.withheld) {
    return [h("li", { class: "withheld" }, h("h3", {}, t("withheld"), outcomeTag(entry.leaf, words)),
      h("p", { class: "meta" }, t("withheld_meta", entry.leaf.height, entry.index)), h("p", {}, `${t("withheld_text")} `, code(entry.leaf.id)))];
  }
  const hidden = entry.jwt.claims.records.length - entry.records.length;
  const items = entry.records.map((record) => recordItem(entry, record, words, view));
  if (hidden) {
    items.push(h("li", { class: "withheld" }, h("p", { class: "meta" }, t("withheld_meta", entry.leaf.height, entry.index)),
      h("p", {}, ...view.party(entry.jwt.claims.iss), " — ", t("hidden_records", hidden), " ", code(entry.leaf.id))));
  }
  return items;
}

function outcomeTag(leaf, words) {
  return leaf.accepted ? h("span", { class: "tag good" }, words.t("accepted")) : h("span", { class: "tag bad" }, words.t("refused", leaf.code));
}

function recordItem(entry, record, words, view) {
  const { t, side } = words;
  const { iss } = entry.jwt.claims;
  const closed = record.sd.length - record.opened.length;
  return h("li", { class: entry.leaf.accepted ? "" : "refused" },
    h("h3", {}, h("span", { class: "number" }, String(view.numbers.get(record.id))), kindName(record.kind, side), h("span", {}, view.nameOf(iss)), outcomeTag(entry.leaf, words)),
    h("p", { class: "meta" }, t("event_meta", entry.leaf.height, entry.index, view.nameOf(iss), record.at)),
    fieldsOf(record.body, words, view),
    record.opened.map((field) => h("div", { class: "opened" }, h("h4", {}, `${t("sealed_opened")}: ${fieldName(field.name, side)}`),
      field.value instanceof Map ? fieldsOf(field.value, words, view) : h("div", {}, shown(field.name, field.value, words, view)))),
    closed > 0 ? h("p", { class: "meta" }, t("sealed_closed", closed)) : null,
    h("p", { class: "meta" }, `${t("id")} `, code(record.id), record.objects.length ? [` · ${t("objects")}: `, code(record.objects.join(", "))] : null),
    h("details", {}, h("summary", {}, t("all_fields")), h("pre", {}, writeJson(record.body))));
}

function signersSection(content, words, view) {
  const { t, side } = words;
  const signers = new Map();
  for (const entry of content.entries.filter((one) => !one.withheld)) {
    const id = `${entry.jwt.claims.iss} ${entry.key.kid}`;
    const known = signers.get(id) ?? { member: entry.jwt.claims.iss, key: entry.key, heights: [] };
    signers.set(id, { ...known, heights: [...known.heights, entry.leaf.height] });
  }
  if (!signers.size) return null;
  const rows = [...signers.values()].map(({ member, key, heights }) => {
    const value = parsed(content.state.get(`member/${member}`));
    const ended = key.until !== undefined && key.until <= content.block.height;
    const status = [t("key_then", key.from), ended ? t("key_ended", key.until) : t("key_now")].join("");
    const suspended = value?.get("suspended_from");
    return [view.party(member), (value?.get("roles") ?? []).map((role) => wordFor(role, side)).join(", "), code(key.kid), [...new Set(heights)].join(", "),
      [status, suspended === undefined ? null : h("div", {}, h("span", { class: "tag warn" }, t("suspended", suspended)))]];
  });
  return h("section", {}, h("h2", {}, t("signers_title")), grid([t("member"), t("roles"), t("signing_key"), t("signed_at"), t("key_status")], rows));
}

function rulesSection(state, words) {
  const { t } = words;
  const rows = [...state].filter(([key, value]) => key.startsWith("gov/rules/") && value).flatMap(([key, value]) =>
    [parsed(value)].flat().filter((one) => one instanceof Map).map((one) => {
      const rules = one.get("rules");
      return [code(key.slice(10)), String(rules?.get?.("version") ?? ""), String(rules?.get?.("effective") ?? ""), String(one.get("from") ?? "")];
    }));
  return rows.length ? h("section", {}, h("h2", {}, t("rules_title")), grid([t("rule_set"), t("version"), t("effective"), t("published")], rows)) : null;
}

// A member as the subject: what it is, and every key that it ever had.
function memberSection(value, block, words) {
  const { t, side } = words;
  const suspended = value.get("suspended_from");
  const names = value.get("names") instanceof Map ? [...value.get("names").values()].join(" · ") : "";
  const rows = (value.get("keys") ?? []).map((key) => {
    const [from, until] = [key.get("from"), key.get("until")];
    const valid = from <= block.height && block.height < (until ?? Infinity);
    return [code(key.get("kid")), key.get("uses").map((use) => wordFor(use, side)).join(", "), String(from), until === undefined ? "—" : String(until),
      h("span", { class: `tag ${valid ? "good" : "warn"}` }, t(valid ? "key_valid" : "key_over"))];
  });
  return h("section", {}, h("h2", {}, t("state_title")), facts([
    [t("names"), names], [t("roles"), (value.get("roles") ?? []).map((role) => wordFor(role, side)).join(", ")], [t("since"), String(value.get("since"))],
    suspended !== undefined && [t("key_status"), h("span", { class: "tag warn" }, t("suspended", suspended))],
  ]), h("h3", {}, t("keys")), grid([t("key_id"), t("uses"), t("key_from"), t("key_until"), t("key_status")], rows));
}

// ---- Receipts and state proofs

function receiptSections(content, words, view) {
  const { t } = words;
  const { entry } = content;
  const { iss } = entry.jwt.claims;
  const outcome = entry.leaf.accepted ? t("accepted") : t("refused_at", entry.leaf.record, entry.leaf.code);
  return [
    h("section", {}, h("h2", {}, t("subject_title")), h("p", { class: "subject" }, t("subject_receipt")), facts([
      [t("transaction"), code(entry.leaf.id)], [t("issued_by"), view.party(iss)], [t("outcome"), outcome], [t("block_time"), String(entry.leaf.height)],
      [t("place"), String(entry.index)], [t("records_signed"), String(entry.jwt.claims.records.length)], [t("signing_key"), code(entry.jwt.kid)],
      [t("key_status"), t("key_of_receipt")], [t("origin"), content.genesis.origin], [t("ledger"), code(content.genesis.id)],
    ])),
    h("section", {}, h("h2", {}, t("events_title")), h("ol", { class: "events" }, entryItems({ ...entry, withheld: false }, words, view))),
  ];
}

function stateSections(content, words, view) {
  const { t } = words;
  return [h("section", {}, h("h2", {}, t("subject_title")), h("p", { class: "subject" }, t("subject_state")),
    facts([[t("as_of"), view.at(content.block)], [t("newest"), t(String(content.newest))], [t("origin"), content.genesis.origin], [t("ledger"), code(content.genesis.id)]]),
    [...content.state].map((pair) => stateValue(pair, words, view)))];
}
