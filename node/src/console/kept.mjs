// Compares the checkpoint of a verified file with one that the reader kept: the only way for one person to notice
// that a ledger was forked for them, or that an old state is shown as if it were the newest (PROOFS.md, "Threat by threat").

import { fromUtf8, sameBytes } from "./crypto.mjs";
import { checkCheckpoint, readCheckpoint } from "./log.mjs";
import { verify } from "./verify.mjs";

// Gives a check `{name, state, why, values}`; `kept` is a checkpoint, or a file of the same ledger that holds one.
export async function checkKept(content, kept) {
  const older = await keptCheckpoint(content, kept);
  const outcome = (state, why, ...values) => ({ name: "kept", state, why: `why_kept_${why}`, values });
  if (!older) return outcome("unconfirmed", "unconfirmed");
  const { size, root } = content.checkpoint;
  if (older.size > size) return outcome("failed", "stale", older.size, size);
  if (older.size < size) return outcome("passed", "newer", older.size, size);
  return sameBytes(older.root, root) ? outcome("passed", "same", size) : outcome("failed", "fork", size);
}

// The checkpoint, where validators known from the file signed it, or where the file it stands in verifies by itself.
async function keptCheckpoint(content, kept) {
  const checkpoint = readCheckpoint(fromUtf8(kept) ?? "");
  if (checkpoint) {
    for (const { signers } of content.sets) {
      const signed = await checkCheckpoint(checkpoint, signers, 9004).catch(() => null);
      if (signed) return checkpoint;
    }
    return null;
  }
  const report = await verify(kept, { ledger: content.genesis.id, genesis: content.genesis.text, anchors: [] });
  return report.code === 0 ? report.content.checkpoint : null;
}

// What an extra file is: "genesis", "kept", or null.
export function extraKind(bytes) {
  const text = fromUtf8(bytes);
  if (text === null) return null;
  if (readCheckpoint(text) || /^(c2sp\.org\/tlog-proof@v1\n|\{"format":"sealane-)/.test(text)) return "kept";
  if (/^\s*\{/.test(text) && text.includes('"validators"') && text.includes('"origin"')) return "genesis";
  return /^\s*<!doctype html/i.test(text) ? "kept" : null;
}
