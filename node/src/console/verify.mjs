// Checks a file as PROOFS.md says: a receipt, a state proof, or an evidence bundle, bare or as a page.
// Nothing here touches the document: bytes in, a report out.

import { BUNDLE_CHECKS, checkBundle, readBundle } from "./bundle.mjs";
import { base64, fromUtf8, sameBytes, sha256hex, utf8 } from "./crypto.mjs";
import { Fault, ensure } from "./log.mjs";
import { RECEIPT_CHECKS, STATE_CHECKS, checkReceipt, checkState } from "./receipt.mjs";
import { Checks } from "./steps.mjs";

// Verifies a file.
//
// `trust`: `ledger` (64 hex digits or null), `genesis` (a genesis file's text or null), `anchors` (certificates, DER).
// Gives `{kind, code, checks, confirmed, content}`: `code` is 0 or the number of the check that failed, `content` is
// null unless every check passed, and `confirmed` says whether the reader told which ledger it must be.
export async function verify(bytes, trust) {
  const kind = kindOf(bytes);
  const [names, check] = KINDS[kind];
  const checks = new Checks(names);
  const report = { kind, checks: checks.all, confirmed: Boolean(trust.ledger || trust.genesis), content: null };
  try {
    report.content = await check(bytes, trust, checks);
  } catch {
    // The check that failed says why.
  }
  return { ...report, code: checks.code };
}

const KINDS = {
  receipt: [RECEIPT_CHECKS, checkReceipt],
  state: [STATE_CHECKS, checkState],
  bundle: [BUNDLE_CHECKS, checkBundleFile],
  unknown: [["form"], (_, __, checks) => checks.run("form", () => { throw new Fault(9001, "no receipt, state proof or bundle"); })],
};

const begins = (bytes, start) => sameBytes(bytes.subarray(0, start.length), utf8(start));

// What a file claims to be.
export function kindOf(bytes) {
  if (begins(bytes, "c2sp.org/tlog-proof@v1\n")) return "receipt";
  if (begins(bytes, '{"format":"sealane-state-proof/')) return "state";
  if (begins(bytes, "{")) return "bundle";
  return markers(bytes) ? "bundle" : "unknown";
}

// ---- The file as a page

// In two parts, so that the page that this stands in has its marker only once.
const OPEN = ["<!", "--sealane-bundle:"].join("");
const CLOSE = ["--", ">"].join("");

function find(bytes, what, from) {
  const wanted = utf8(what);
  for (let at = bytes.indexOf(wanted[0], from); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (sameBytes(bytes.subarray(at, at + wanted.length), wanted)) return at;
  }
  return -1;
}

function markers(bytes) {
  const open = find(bytes, OPEN, 0);
  const start = open + OPEN.length;
  const end = open < 0 ? -1 : find(bytes, CLOSE, start);
  return end < 0 ? null : { start, end };
}

// The bundle's text and, where it came in a page, SHA-256 of the page without it. 9001.
async function bundleText(bytes) {
  ensure(bytes.length <= 64 << 20, 9001, "a bundle has at most 64 MiB");
  let inner = bytes, page = null;
  if (!begins(bytes, "{")) {
    const { start, end } = markers(bytes);
    inner = base64(fromUtf8(bytes.subarray(start, end)) ?? "*");
    ensure(inner?.length, 9001, "the page carries no bundle in base64");
    const shell = new Uint8Array(bytes.length - (end - start));
    shell.set(bytes.subarray(0, start));
    shell.set(bytes.subarray(end), start);
    page = await sha256hex(shell);
  }
  const decoded = fromUtf8(inner);
  ensure(decoded !== null, 9001, "not UTF-8");
  return { text: decoded, page };
}

async function checkBundleFile(bytes, trust, checks) {
  let bundle, page;
  await checks.run("form", async () => {
    const found = await bundleText(bytes);
    page = found.page;
    bundle = await readBundle(found.text);
    ensure(page === null || page === bundle.page, 9001, "the page around the bundle is not the one that it names");
  });
  return checkBundle(bundle, trust, checks);
}
