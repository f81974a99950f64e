// Where trust begins and how it is handed on: the genesis file, and validators that name those after them.

import { base64url, sha256hex, thumbprint, toBase64url, unhex, utf8 } from "./crypto.mjs";
import { fieldsInAnyOrder, index, list, matching, parseJson, text, writeJson } from "./json.mjs";
import { blockLeaf, checkCheckpoint, ensure, included, readCheckpoint, readVerifier, signersOf } from "./log.mjs";
import { kid, memberId, orFault, publicKey } from "./transaction.mjs";

const VALIDATOR = { member: memberId, vote: publicKey, log: publicKey, cosigner: publicKey, peer: publicKey };
export const validator = (v) => fieldsInAnyOrder(v, VALIDATOR);
const any = (v) => v;

// A member as state and genesis hold it.
export const member = (v) => fieldsInAnyOrder(v, {
  id: memberId, names: any, roles: (r) => list(r, text), since: index, "suspended_from?": index,
  keys: (keys) => list(keys, (key) => fieldsInAnyOrder(key, {
    kid, x: text, uses: (u) => list(u, text), from: index, "until?": index,
  })),
});

// SHA-256 of a validator set's JSON: what block leaves commit to.
export const setHash = (set) => {
  const ordered = set.map((v) => new Map(Object.keys(VALIDATOR).map((name) => [name, v[name]])));
  return sha256hex(utf8(writeJson(ordered)));
};

function validSet(set) {
  const members = new Set(set.map((v) => v.member));
  const keys = new Set(set.flatMap((v) => [v.vote, v.log, v.cosigner, v.peer]));
  return set.length >= 1 && set.length <= 100 && members.size === set.length && keys.size === 4 * set.length;
}

// Reads a genesis file: the ledger's id, its origin and its first validators. 9001.
export async function readGenesis(genesis) {
  const read = orFault(9001, () => fieldsInAnyOrder(parseJson(genesis), {
    origin: (v) => matching(v, /^[\x21-\x2a\x2c-\x7e]{1,100}$/, "an origin"), time: index, members: (v) => list(v, member),
    validators: (v) => list(v, validator), "followers?": any, grants: any, params: any, "rules?": any,
    "witnesses?": (v) => fieldsInAnyOrder(v, { needed: index, keys: (keys) => list(keys, text) }),
  }));
  const ids = new Set(read.members.map((m) => m.id));
  ensure(ids.size === read.members.length, 9001, "a member stands twice in the genesis");
  const keys = read.members.flatMap((m) => m.keys);
  const prints = await Promise.all(keys.map((key) => thumbprint(key.x)));
  ensure(prints.every((print, i) => print === keys[i].kid), 9001, "a key of the genesis has a wrong id");
  const validators = read.validators.sort((a, b) => (a.member < b.member ? -1 : 1));
  ensure(validSet(validators) && validators.every((v) => ids.has(v.member)), 9001, "the genesis has no valid validators");
  const witnesses = await readWitnesses(read, validators);
  return { text: genesis, witnesses, id: await sha256hex(utf8(genesis)), origin: read.origin, time: read.time, validators, members: read.members };
}

// The witnesses of a genesis: `{keys, needed}`, none where it names none.
async function readWitnesses({ origin, witnesses }, validators) {
  if (!witnesses) return { keys: [], needed: 0 };
  const { needed, keys: given } = witnesses;
  const keys = await Promise.all(given.map((verifier, i) => readVerifier(`witness-${i + 1}`, verifier)));
  const own = (name) => name === origin || name.startsWith(`${origin}/`);
  ensure(keys.every((key) => key && !own(key.name)), 9001, "a witness of the genesis has no valid key");
  const used = [...validators.flatMap((v) => [v.vote, v.log, v.cosigner, v.peer]), ...keys.map((key) => toBase64url(key.bytes))];
  ensure(new Set(used).size === used.length, 9001, "a witness has somebody else's key");
  ensure(keys.length >= 1 && keys.length <= 32 && needed >= 1 && needed <= keys.length, 9001, "the genesis asks for too few or too many witnesses");
  return { keys, needed };
}

// Follows the handovers from the founding validators to those who sign the checkpoint (PROOFS.md). Gives every set
// passed through, with the block that appointed it. 9003, or 9010 for one that is not needed.
export async function followHandovers(genesis, handovers, size) {
  const sets = [{ validators: genesis.validators, signers: await signersOf(genesis.origin, genesis.validators, genesis.witnesses), since: null }];
  let before = -1;
  for (const handover of handovers) {
    const held = sets.at(-1);
    const bytes = base64url(handover.leaf);
    const leaf = bytes && blockLeaf(bytes);
    ensure(leaf, 9003, "the handover's leaf is no block leaf");
    ensure(leaf.validators === await setHash(held.validators), 9003, "the handover is by other validators");
    ensure(leaf.next === await setHash(handover.validators), 9003, "the handover names other validators");
    ensure(leaf.next !== leaf.validators, 9003, "the handover changes nothing");
    ensure(validSet(handover.validators), 9003, "the validators handed to are no set");
    const checkpoint = readCheckpoint(handover.checkpoint);
    ensure(checkpoint, 9003, "the handover has no checkpoint");
    await checkCheckpoint(checkpoint, held.signers, 9003);
    const inside = await included(bytes, handover.index, checkpoint.size, handover.path.map(unhex), checkpoint.root);
    ensure(inside, 9003, "the handover is not in the log");
    ensure(handover.index > before, 9003, "the handovers are out of order");
    ensure(handover.index + 1 < size, 9010, "a handover that the checkpoint does not need");
    before = handover.index;
    sets.push({ validators: handover.validators, signers: await signersOf(genesis.origin, handover.validators, genesis.witnesses), since: leaf });
  }
  return sets;
}
