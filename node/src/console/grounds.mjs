// Below the content: what it rests on (checkpoint, handovers, time stamp), what it proves, how to check it again.

import { toBase64 } from "./crypto.mjs";
import { moment } from "./facts.mjs";
import { code, facts, grid, h } from "./html.mjs";

// Checkpoint, handovers and time stamp.
export function groundSections(content, words, view) {
  const { t, side } = words;
  const { checkpoint, cosigned, witnessed, sets, token, signers } = content;
  const row = (who, as, time) => [who, t(as), time ? moment(time * 1000, side) : "—"];
  const rows = [...cosigned.map(({ member, time }) => row(view.party(member), "validator", time)),
    ...witnessed.map(({ name, time }) => row(code(name), "witness", time))];
  const names = (set) => set.validators.map((v) => view.nameOf(v.member)).join(words.side === 0 ? "、" : ", ");
  return [
    h("section", {}, h("h2", {}, t("checkpoint_title")),
      facts([
        [t("size"), String(checkpoint.size)], [t("root"), code(toBase64(checkpoint.root))], content.block && [t("block_time"), view.at(content.block)],
        [t("validators"), t("quorum", cosigned.length, signers.quorum)],
        signers.needed > 0 && [t("witnesses"), t("quorum", witnessed.length, signers.needed)],
      ]),
      grid([t("cosigners"), t("as"), t("cosigned_at")], rows)),
    h("section", {}, h("h2", {}, t("handovers_title")),
      sets.length > 1
        ? grid([t("block_time"), t("validators")], sets.map((set) => [set.since ? t("handover_at", set.since.height) : t("founding"), names(set)]))
        : h("p", {}, t("no_handovers"))),
    token && h("section", {}, h("h2", {}, t("time_title")),
      facts([[t("time"), moment(token.time, side)], [t("authority"), token.name], [t("serial"), code(token.serial)], [t("fingerprint"), code(token.fingerprint)]])),
  ].filter(Boolean);
}

// What the file proves and does not prove, where trust comes from, how to check independently.
export function explanations(kind, words) {
  const { t, lines } = words;
  const list = (items) => h("ul", {}, items.map((item) => h("li", {}, item)));
  return [
    h("section", { class: "columns" },
      h("div", {}, h("h2", {}, t("proves_title")), list(lines("proves", kind))),
      h("div", {}, h("h2", {}, t("not_proves_title")), list(lines("not_proves", kind)))),
    h("section", {}, h("h2", {}, t("trust_title")), list(lines("trust"))),
    h("section", {}, h("h2", {}, t("check_title")), list(lines("check"))),
  ];
}
