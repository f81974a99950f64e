//! The checks, in the order and with the codes of `PROOFS.md`.

use super::{
    Bundle, Check, Cosigner, Entry, Fault, Listing, ProvedValue, ShownRecord, Signed, Subject, TimeToken,
    VerifiedBundle, VerifiedEntry, page,
};
use crate::block::Leaf;
use crate::execute::ObjectChain;
use crate::genesis::Founding;
use crate::hash::Hash;
use crate::keys::unb64;
use crate::log::SignedCheckpoint;
use crate::log::merkle::{leaf_hash, verify_inclusion};
use crate::log::text::base64_bytes;
use crate::member::{KeyUse, Member};
use crate::receipt::{Trust, VerifyError, follow, reached_by_validators};
use crate::record;
use crate::tx::disclosure::{self, Sealed};
use crate::tx::{ParsedTx, TxError};
use crate::types::{Height, LedgerId, MemberId, RecordId, TxId};
use std::collections::{BTreeMap, BTreeSet};

/// Checks a bundle offline, page or bare JSON. `ledger` is the trusted ledger: SHA-256 of its genesis file. `tokens`
/// checks a time token; without it a bundle that has one is refused with 9016.
///
/// # Errors
/// The first check that fails.
pub fn verify(file: &[u8], ledger: &LedgerId, tokens: Option<&dyn TimeToken>) -> Result<VerifiedBundle, Fault> {
    let at = |check: Check| move |error: VerifyError| Fault { check, at: None, error };
    let item = |check: Check, at: usize| move |error: VerifyError| Fault { check, at: Some(at), error };
    // 1. Form.
    let (bundle, is_page) = page::read(file).map_err(at(Check::Form))?;
    let parts = Parts::of(&bundle).map_err(at(Check::Form))?;
    // 2. Ledger.
    let trust = trusted(&bundle, ledger).map_err(at(Check::Ledger))?;
    // 3. Handovers.
    let checkpoint = parts.checkpoint.checkpoint();
    let (set, used) = follow(&trust, &bundle.handovers, checkpoint.size()).map_err(at(Check::Handovers))?;
    if used != bundle.handovers.len() {
        return Err(at(Check::Handovers)(VerifyError::Unused));
    }
    // 4. Checkpoint.
    let policy =
        trust.policy(&set).map_err(|e| at(Check::Checkpoint)(VerifyError::Form(e.to_string())))?;
    let cosigned = policy.verify_strict(&parts.checkpoint).map_err(|e| at(Check::Checkpoint)(e.into()))?;
    if policy.encode() != bundle.policy.as_bytes() {
        return Err(at(Check::Checkpoint)(VerifyError::Policy));
    }
    // 5. Block.
    let log = Log { size: checkpoint.size(), root: checkpoint.root() };
    log.includes(&parts.block, bundle.block.index, &bundle.block.path).map_err(at(Check::Block))?;
    if bundle.block.index + 1 != log.size {
        return Err(at(Check::Block)(VerifyError::NotLast));
    }
    let Some(Leaf::Block { height, time, state_root, .. }) = Leaf::from_bytes(&parts.block) else {
        return Err(at(Check::Block)(VerifyError::Leaf));
    };
    // 6. State.
    for (position, entry) in bundle.state.iter().enumerate() {
        let value = entry.value.as_ref().map(|value| Hash::of(value.as_bytes()));
        let proved = entry.proof.verify(&state_root, &Hash::of(entry.key.as_bytes()), value.as_ref());
        proved.map_err(|e| item(Check::State, position)(e.into()))?;
    }
    // 7. Entries.
    let mut members = Members { bundle: &bundle, read: BTreeMap::new() };
    let mut entries = Vec::with_capacity(bundle.entries.len());
    let mut shown = Shown::default();
    for (position, (entry, leaf)) in bundle.entries.iter().zip(&parts.entries).enumerate() {
        let verified = verify_entry(entry, leaf, ledger, &log, &mut members, &mut shown);
        entries.push(verified.map_err(item(Check::Entries, position))?);
    }
    // 8. Listings.
    let places: BTreeMap<TxId, &VerifiedEntry> = entries.iter().map(|entry| (entry.transaction, entry)).collect();
    for (position, listing) in bundle.listings.iter().enumerate() {
        verify_listing(listing, &bundle, &places, &shown)
            .map_err(|reason| VerifyError::Listing { object: listing.object.clone(), reason })
            .map_err(item(Check::Listings, position))?;
    }
    // 9. Subject.
    verify_subject(&bundle, &shown).map_err(|why| at(Check::Subject)(VerifyError::Subject(why)))?;
    // 10. Time.
    let refused = |why: &str| at(Check::Time)(VerifyError::Time(why.to_owned()));
    let stamped = match (&parts.time, tokens) {
        (None, _) => None,
        (Some(_), None) => return Err(refused("no verifier for time tokens")),
        (Some(der), Some(tokens)) => Some(tokens.check(der, &bundle.imprint()).map_err(|why| refused(&why))?),
    };
    let cosigner = |c: &crate::log::policy::Cosigned| Cosigner { name: c.name.to_string(), time: c.time };
    Ok(VerifiedBundle {
        ledger: *ledger,
        origin: trust.origin().to_owned(),
        height,
        time,
        log_size: log.size,
        handovers: used,
        cosigned: cosigned.witnesses.iter().map(cosigner).collect(),
        cosigned_at: reached_by_validators(&set, &cosigned),
        entries,
        stamped,
        page: is_page,
        subject: bundle.subject,
        state: bundle.state.into_iter().map(|s| ProvedValue { key: s.key, value: s.value }).collect(),
        listings: bundle.listings,
    })
}

/// What form alone decides: encodings within the JSON.
struct Parts {
    checkpoint: SignedCheckpoint,
    block: Vec<u8>,
    entries: Vec<Vec<u8>>,
    time: Option<Vec<u8>>,
}

impl Parts {
    fn of(bundle: &Bundle) -> Result<Parts, VerifyError> {
        let leaf = |text: &String| unb64(text).ok_or_else(|| VerifyError::Form("a leaf is not base64url".into()));
        let der = |text: &String| base64_bytes(text).ok_or_else(|| VerifyError::Form("time is not base64".into()));
        Ok(Parts {
            checkpoint: SignedCheckpoint::parse(bundle.checkpoint.as_bytes())?,
            block: leaf(&bundle.block.leaf)?,
            entries: bundle.entries.iter().map(|entry| leaf(&entry.leaf)).collect::<Result<_, _>>()?,
            time: bundle.time.as_ref().map(der).transpose()?,
        })
    }
}

fn trusted(bundle: &Bundle, ledger: &LedgerId) -> Result<Trust, VerifyError> {
    if Hash::of(bundle.genesis.as_bytes()) != ledger.0 {
        return Err(VerifyError::OtherLedger);
    }
    let founding = Founding::read(bundle.genesis.as_bytes()).map_err(|e| VerifyError::Form(e.to_string()))?;
    Ok(Trust::in_genesis(&founding))
}

/// The log that the checkpoint speaks of.
struct Log {
    size: u64,
    root: Hash,
}

impl Log {
    fn includes(&self, leaf: &[u8], index: u64, path: &[Hash]) -> Result<(), VerifyError> {
        Ok(verify_inclusion(&leaf_hash(leaf), index, self.size, path, &self.root)?)
    }
}

/// Members as `state` proves them, each read once.
struct Members<'a> {
    bundle: &'a Bundle,
    read: BTreeMap<MemberId, Member>,
}

impl Members<'_> {
    fn get(&mut self, id: &MemberId) -> Result<&Member, VerifyError> {
        use std::collections::btree_map::Entry::{Occupied, Vacant};
        match self.read.entry(id.clone()) {
            Occupied(known) => Ok(known.into_mut()),
            Vacant(place) => {
                let key = crate::state::keys::member(id);
                let value = self.bundle.state_of(&key).and_then(|entry| entry.value.as_ref());
                let value = value.ok_or_else(|| VerifyError::Member(format!("{key} is not proved")))?;
                let member = serde_json::from_str(value).map_err(|e| VerifyError::Member(format!("{key}: {e}")))?;
                Ok(place.insert(member))
            }
        }
    }
}

/// Records shown of accepted entries: which, of what kind, and which objects they name.
#[derive(Default)]
struct Shown {
    kinds: BTreeMap<RecordId, String>,
    naming: BTreeMap<String, BTreeSet<RecordId>>,
}

fn verify_entry(
    entry: &Entry,
    leaf: &[u8],
    ledger: &LedgerId,
    log: &Log,
    members: &mut Members<'_>,
    shown: &mut Shown,
) -> Result<VerifiedEntry, VerifyError> {
    log.includes(leaf, entry.index, &entry.path)?;
    let Some(Leaf::Tx { height, index, id, jwt, outcome }) = Leaf::from_bytes(leaf) else {
        return Err(VerifyError::Leaf);
    };
    let [status, r0, r1, c0, c1] = outcome;
    let accepted = status == 0;
    let signed = match &entry.jwt {
        Some(text) => Some(verify_signed(entry, text, (id, jwt, height, accepted), ledger, members, shown)?),
        None if entry.records.is_empty() => None,
        None => return Err(VerifyError::Form("a withheld entry shows records".into())),
    };
    Ok(VerifiedEntry {
        place: entry.index,
        transaction: TxId(id),
        height,
        index,
        accepted,
        code: u16::from_be_bytes([c0, c1]),
        refused_record: u16::from_be_bytes([r0, r1]),
        signed,
    })
}

fn verify_signed(
    entry: &Entry,
    text: &str,
    (id, jwt, height, accepted): (Hash, Hash, Height, bool),
    ledger: &LedgerId,
    members: &mut Members<'_>,
    shown: &mut Shown,
) -> Result<Signed, VerifyError> {
    if Hash::of(text.as_bytes()) != jwt {
        return Err(VerifyError::Leaf);
    }
    let parsed = ParsedTx::parse_jwt(text, ledger).map_err(|error| match error {
        TxError::Audience => VerifyError::OtherLedger,
        other => VerifyError::Transaction(other),
    })?;
    if parsed.id().0 != id {
        return Err(VerifyError::Leaf);
    }
    let issuer = parsed.issuer();
    let member = members.get(issuer)?;
    let key = member.key(parsed.kid()).ok_or_else(|| VerifyError::Member(format!("{issuer} has no such key")))?;
    let may = key.valid(KeyUse::Record, height) || key.valid(KeyUse::Checker, height);
    if !may || member.since > height {
        return Err(VerifyError::Member(format!("the key of {issuer} could not sign at height {height}")));
    }
    parsed.verify(&key.x).map_err(VerifyError::Transaction)?;
    let mut records = Vec::with_capacity(entry.records.len());
    for (position, record) in entry.records.iter().enumerate() {
        let wrong = || VerifyError::Disclosure(position);
        if parsed.digest(record.index) != Some(disclosure::digest(&record.disclosure).as_str()) {
            return Err(wrong());
        }
        let value = disclosure::read_element(&record.disclosure, "").map_err(|_| wrong())?;
        let read = record::Record::from_value(value.clone(), "").map_err(|_| wrong())?;
        let id = RecordId { tx: parsed.id(), index: record.index };
        let opened = open(&record.sealed, &read.sd)?;
        if accepted {
            for code in &read.objects {
                shown.naming.entry(code.as_str().to_owned()).or_default().insert(id);
            }
            shown.kinds.insert(id, read.kind.to_string());
        }
        records.push(ShownRecord { id, record: value, opened });
    }
    Ok(Signed {
        issuer: issuer.clone(),
        kid: key.kid.clone(),
        from: key.from,
        until: key.until,
        of: parsed.record_count(),
        records,
    })
}

fn open(sealed: &[String], digests: &[String]) -> Result<Vec<(String, serde_json::Value)>, VerifyError> {
    let mut seen = BTreeSet::new();
    let mut opened = Vec::with_capacity(sealed.len());
    for (position, text) in sealed.iter().enumerate() {
        let wrong = || VerifyError::Sealed(position);
        if !digests.contains(&disclosure::digest(text)) || !seen.insert(text) {
            return Err(wrong());
        }
        opened.push(Sealed { disclosure: text.clone() }.open().map_err(|_| wrong())?);
    }
    Ok(opened)
}

fn verify_listing(
    listing: &Listing,
    bundle: &Bundle,
    places: &BTreeMap<TxId, &VerifiedEntry>,
    shown: &Shown,
) -> Result<(), &'static str> {
    let none = BTreeSet::new();
    let naming = shown.naming.get(&listing.object).unwrap_or(&none);
    let mut chain = ObjectChain::default();
    let mut last = None;
    for id in &listing.records {
        let entry = places.get(&id.tx).ok_or("the file has no entry for a record listed")?;
        if !entry.accepted {
            return Err("a record listed was refused");
        }
        if last.is_some_and(|last| last >= (entry.place, id.index)) {
            return Err("the records are not in the order of the log");
        }
        if shown.kinds.contains_key(id) && !naming.contains(id) {
            return Err("a record listed does not name the object");
        }
        last = Some((entry.place, id.index));
        chain = chain.push(id);
    }
    let proved = bundle.state_of(&format!("obj/{}", listing.object)).ok_or("the object's chain is not proved")?;
    let want = (chain.count > 0).then(|| serde_json::to_string(&chain).unwrap_or_default());
    if proved.value != want {
        return Err("these are not all records that the ledger has of the object");
    }
    let listed: BTreeSet<&RecordId> = listing.records.iter().collect();
    if naming.iter().any(|id| !listed.contains(id)) {
        return Err("a record shown names the object and is not listed");
    }
    Ok(())
}

fn verify_subject(bundle: &Bundle, shown: &Shown) -> Result<(), &'static str> {
    let has_value = |key: String| bundle.state_of(&key).is_some_and(|entry| entry.value.is_some());
    let listed = |code: &str| bundle.listings.binary_search_by(|l| l.object.as_str().cmp(code)).is_ok();
    match &bundle.subject {
        Subject::Receivable(id) => {
            if !has_value(format!("rcv/{id}")) {
                return Err("the receivable's state is not proved");
            }
            let record = RecordId::parse(id).ok_or("the receivable's id is not a record id")?;
            let registered = shown.kinds.get(&record).is_some_and(|kind| kind == "finance.receivable/1");
            if !registered {
                return Err("the record that registered the receivable is not shown");
            }
            if !listed(&format!("rcv:{id}")) {
                return Err("the receivable's records are not listed");
            }
        }
        Subject::Object(code) if !listed(code) => return Err("the object's records are not listed"),
        Subject::Member(id) if !has_value(format!("member/{id}")) => return Err("the member's state is not proved"),
        Subject::Object(_) | Subject::Member(_) => {}
    }
    Ok(())
}
