// The page: takes files and the ledger's id, runs the checks, shows the outcome. Everything becomes text.

import { contentOf } from "./content.mjs";
import { base64, canVerify, hex, sha256, utf8 } from "./crypto.mjs";
import { moment } from "./facts.mjs";
import { h } from "./html.mjs";
import { checkKept, extraKind } from "./kept.mjs";
import { certificateFrom, checkToken } from "./time.mjs";
import { verify } from "./verify.mjs";
import { LANGUAGES, wordsIn } from "./words.mjs";

const $ = (id) => document.getElementById(id);
const MARKS = { passed: "✓", failed: "✕", unreached: "–", unconfirmed: "?", missing: "?", absent: "–" };

const page = {
  words: null, file: null, ledger: null, ledgerText: "", fromLink: false, genesis: null, kept: null, anchors: [], given: [],
  report: null, embedded: false, usable: true, turn: 0, problem: null,
};

// ---- What the reader gives

function fragment() {
  return new URLSearchParams(location.hash.slice(1));
}

function chooseLanguage() {
  const asked = fragment().get("lang") ?? navigator.language ?? "";
  return LANGUAGES.find((one) => one === asked) ?? (asked.toLowerCase().startsWith("zh") ? "zh-CN" : "en");
}

function setLedger(text, fromLink) {
  const plain = text.replace(/\s/g, "").toLowerCase();
  page.ledgerText = text;
  page.ledger = /^[0-9a-f]{64}$/.test(plain) ? plain : null;
  page.fromLink = fromLink && page.ledger !== null;
}

const bytesOf = async (file) => new Uint8Array(await file.arrayBuffer());

async function takeFile(file) {
  try {
    page.file = { name: file.name, bytes: await bytesOf(file) };
    page.problem = null;
  } catch {
    page.problem = ["unreadable", file.name];
  }
  await check();
}

// Whether a file was one to compare with, and is now remembered for it.
async function takeExtra(file) {
  const bytes = await bytesOf(file);
  const anchor = certificateFrom(bytes);
  const kind = anchor ? "anchor" : extraKind(bytes);
  if (kind === "genesis") page.genesis = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (kind === "kept") page.kept = bytes;
  if (kind === "anchor") page.anchors.push(anchor);
  page.given = page.given.filter(([one]) => one !== kind || kind === "anchor" || kind === null);
  page.given.push([kind, file.name]);
}

// Dropped files sort themselves: what only serves to compare goes there, the rest is to be checked.
async function takeDropped(files) {
  for (const file of files) {
    const bytes = await bytesOf(file);
    const kind = certificateFrom(bytes) ? "anchor" : extraKind(bytes);
    const isProof = kind === null || (kind === "kept" && !/^[^\n]+\n[0-9]+\n/.test(new TextDecoder().decode(bytes.subarray(0, 400))));
    if (isProof) await takeFile(file);
    else await takeExtra(file);
  }
  await check();
}

// The bundle that stands between the markers of this very page, if any.
function embedded() {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT);
  while (walker.nextNode()) {
    const { data } = walker.currentNode;
    if (data.startsWith("sealane-bundle:")) return data.slice("sealane-bundle:".length);
  }
  return "";
}

// ---- Checking

async function check() {
  const turn = ++page.turn;
  page.report = null;
  render();
  if (page.file && page.usable) {
    const start = performance.now();
    const trust = { ledger: page.ledger, genesis: page.genesis, anchors: page.anchors };
    const report = await verify(page.file.bytes, trust);
    report.took = performance.now() - start;
    report.proved = report.content;
    if (page.kept && report.content) {
      const kept = await checkKept(report.content, page.kept);
      report.checks.push(kept);
      if (kept.state === "failed") report.content = null;
    }
    report.digest = hex(await sha256(page.file.bytes));
    if (turn !== page.turn) return;
    page.report = report;
  }
  render();
  // For whoever drives the page: how often it has settled.
  document.body.dataset.settled = String(turn);
}

// ---- Showing

function outcomeOf(report) {
  const states = report.checks.map((one) => one.state);
  if (states.includes("failed")) return "failed";
  if (states.includes("missing")) return "missing";
  return report.checks.some((one) => one.name === "ledger" && one.state === "unconfirmed") ? "unconfirmed" : "passed";
}

function render() {
  const { t, language } = page.words;
  document.documentElement.lang = language;
  document.title = `${t(page.embedded ? "title_bundle" : "title")} — Sealane`;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  if (page.embedded) {
    document.querySelector("h1").textContent = t("title_bundle");
    $("file-step").hidden = true;
  }
  for (const button of document.querySelectorAll(".language")) button.setAttribute("aria-pressed", String(button.dataset.lang === language));
  $("ledger-note").textContent = page.ledgerText.trim() && !page.ledger ? t("ledger_malformed") : page.fromLink ? t("ledger_link") : "";
  $("given").replaceChildren(...page.given.map(([kind, name]) => h("li", {}, t(`given_${kind ?? "unknown"}`, name))));
  renderResult();
}

function renderResult() {
  const { t } = page.words;
  const { report } = page;
  $("result").hidden = page.usable && !page.file && !page.problem;
  const verdict = $("verdict");
  $("checks").replaceChildren();
  $("content").replaceChildren();
  $("checks-title").hidden = !report;
  if (!report) {
    verdict.className = `verdict ${page.usable && !page.problem ? "working" : "failed"}`;
    const said = !page.usable ? t("no_crypto") : page.problem ? t(...page.problem) : t("working");
    verdict.replaceChildren(h("h2", {}, said));
    return;
  }
  const outcome = outcomeOf(report);
  verdict.className = `verdict ${outcome}`;
  verdict.replaceChildren(h("h2", {}, t(outcome)), h("p", {}, sentence(report, outcome)),
    outcome === "unconfirmed" ? h("p", {}, t("unconfirmed_id", report.content.genesis.id)) : "",
    h("p", {}, fileLine(report)), h("p", {}, t("took", report.took.toFixed(0))));
  $("checks").replaceChildren(...report.checks.map((one) => checkItem(one, report)));
  if (!report.content) return;
  const warning = outcome === "unconfirmed" ? [h("p", { class: "verdict unconfirmed" }, t("printed_unconfirmed"))] : [];
  $("content").replaceChildren(...warning, ...contentOf(report.kind, report.content, page.words));
}

function fileLine({ digest }) {
  const { name, bytes } = page.file;
  return name === null ? page.words.t("bundle_name", bytes.length, digest) : page.words.t("file_name", name, bytes.length, digest);
}

function sentence(report, outcome) {
  const { t } = page.words;
  const failed = report.checks.find((one) => one.state === "failed");
  if (!failed) {
    const doubts = report.checks.filter((one) => one.state === "unconfirmed" && one.name !== "ledger");
    return [t(`${outcome}_text`), ...doubts.map((one) => t(`passed_but_${one.name}`))].join(" ");
  }
  const name = t(`check_${failed.name}`);
  return failed.code ? t("failed_text", name, t("code", failed.code)) : t("failed_plain", name);
}

function checkItem(one, report) {
  const { t } = page.words;
  const mark = t(`mark_${one.state}`);
  return h("li", { class: one.state, "data-check": one.name },
    h("span", { class: "mark", role: "img", "aria-label": mark, title: mark }, MARKS[one.state]),
    h("span", { class: "name" }, t(`check_${one.name}`)), h("span", { class: "why" }, reason(one, report)));
}

function reason(one, report) {
  const { t } = page.words;
  if (one.name === "kept") return t(one.why, ...one.values);
  if (one.state === "failed") return [t(`fail_${one.code}`), " ", h("small", { lang: "en" }, `(${t("code", one.code)}: ${one.why})`)];
  if (one.state === "unreached") return t("unreached");
  if (one.state === "missing") return t("why_ledger_missing");
  const witnessed = one.name === "checkpoint" && report.proved?.witnessed.length ? "_witnessed" : "";
  if (one.name === "ledger" && one.state === "passed" && page.fromLink) return `${t("why_ledger")} ${t("ledger_link")}`;
  const suffix = one.state === "passed" ? witnessed : `_${one.state}`;
  return report.proved || one.state !== "passed" ? t(`why_${one.name}${suffix}`, ...figures(one.name, report.proved)) : t("mark_passed");
}

// The figures that a passed check's sentence names.
function figures(name, content) {
  if (!content) return [];
  const { sets, cosigned, witnessed, signers, state, entries, listings, token, entry } = content;
  return {
    handovers: () => [sets.length - 1], checkpoint: () => [cosigned.length, signers.quorum, witnessed.length, signers.needed], state: () => [state.size],
    entries: () => [entries.length], listings: () => [listings.size], inclusion: () => [entry.index],
    disclosures: () => [entry.records.length], time: () => (token ? [token.name, moment(token.time, page.words.side)] : []),
  }[name]?.() ?? [];
}

// ---- Start

function listen() {
  $("file").addEventListener("change", ({ target }) => target.files[0] && takeFile(target.files[0]));
  $("extra").addEventListener("change", async ({ target }) => {
    for (const file of target.files) await takeExtra(file);
    // So that the same file may be given again after it changed.
    target.value = "";
    await check();
  });
  $("ledger").addEventListener("input", ({ target }) => { setLedger(target.value, false); check(); });
  $("open").addEventListener("submit", (event) => event.preventDefault());
  $("print").addEventListener("click", () => print());
  for (const button of document.querySelectorAll(".language")) {
    button.addEventListener("click", () => { page.words = wordsIn(button.dataset.lang); render(); });
  }
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      document.body.classList.toggle("dragging", kind === "dragenter" || kind === "dragover");
    });
  }
  document.addEventListener("drop", (event) => takeDropped([...event.dataTransfer.files]));
  addEventListener("hashchange", () => { readFragment(); check(); });
}

function readFragment() {
  page.words = wordsIn(chooseLanguage());
  const ledger = fragment().get("ledger");
  if (ledger === null) return;
  $("ledger").value = ledger;
  setLedger(ledger, true);
}

async function start() {
  readFragment();
  listen();
  page.usable = await canVerify();
  const bundle = embedded();
  page.embedded = bundle !== "";
  if (page.embedded) {
    page.file = { name: null, bytes: base64(bundle) ?? utf8(bundle) };
  }
  await check();
}

// The same checks for whoever opens the browser's console, and for tests.
globalThis.sealane = { verify, checkToken, certificateFrom };
start();
