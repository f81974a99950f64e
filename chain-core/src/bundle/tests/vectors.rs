//! The files under `tests/vectors`, for verifiers in any language: made from fixed seeds, compared with what is
//! committed, written anew where the environment has `SEALANE_WRITE_VECTORS`.
//!
//! `verdicts.json` gives for each file 0 or the code of the check that refuses it, all under `genesis.json`.

use super::bad;
use super::world::{OBJECT, PAGE, Show, Story, genesis};
use crate::bundle::{Subject, page, verify};
use crate::fixtures::{START, public};
use crate::receipt::{self, Extra, StateProof, Trust, VerifyError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Files = BTreeMap<String, (u16, Vec<u8>)>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

fn good_bundles(story: &Story, changed: &Story) -> Vec<(&'static str, Vec<u8>)> {
    let paged = page::wrap(PAGE, &story.receivable()).unwrap();
    let mut shown: Vec<_> = story.events[..3].iter().map(|built| (built, Show::Records)).collect();
    shown[1].1 = Show::Withheld;
    let order = super::world::ORDER;
    let withheld = story.bundle(Subject::Object(order.into()), &["member/trader"], &shown, &[order]);
    let nothing = story.bundle(Subject::Object("order:none".into()), &[], &[], &["order:none"]);
    let key = [(&changed.after, Show::Records), (&changed.rotate, Show::Records)];
    vec![
        ("receivable.json", story.receivable().to_bytes()),
        ("receivable.html", paged),
        ("object-40.json", story.object().to_bytes()),
        ("object-refused.json", story.order().to_bytes()),
        ("object-withheld.json", withheld.to_bytes()),
        ("object-nothing.json", nothing.to_bytes()),
        ("member.json", story.member().to_bytes()),
        ("receivable-handover.json", changed.receivable().to_bytes()),
        (
            "member-key-changed.json",
            changed.bundle(Subject::Member("carrier".into()), &["member/carrier"], &key, &[]).to_bytes(),
        ),
        ("object-40-handover.json", changed.object().to_bytes()),
    ]
}

fn receipts(story: &Story, changed: &Story) -> Vec<(&'static str, u16, Vec<u8>)> {
    let make = |ledger: &crate::fixtures::Ledger, change: &dyn Fn(&mut Extra)| {
        let mut extra = ledger.extra(&story.register, &[0]);
        change(&mut extra);
        let place = ledger.place(&story.register);
        receipt::receipt(&extra, place, ledger.path(place), ledger.checkpoint(&ledger.quorum())).unwrap().into_bytes()
    };
    let spoilt = |change: &dyn Fn(&mut Extra)| make(&story.ledger, change);
    let good = spoilt(&|_| ());
    let text = String::from_utf8(good.clone()).unwrap();
    let last = text.trim_end().rfind('\n').unwrap() + 1;
    let other = story.ledger.extra(&story.events[0], &[0]);
    let twin = Story::started(START + 1);
    let path: Vec<&str> = text.lines().collect();
    let mut swapped = path.clone();
    swapped.swap(3, 4);
    vec![
        ("first.tlog-proof", 0, good),
        ("no-records.tlog-proof", 0, spoilt(&|e| e.records.clear())),
        ("refused.tlog-proof", 0, story.ledger.receipt(&story.refused, &[0]).into_bytes()),
        ("handover.tlog-proof", 0, make(&changed.ledger, &|_| ())),
        ("bad-9001-cut.tlog-proof", 9001, text.as_bytes()[..last].to_vec()[..last - 1].to_vec()),
        ("bad-9001-no-extra.tlog-proof", 9001, text.replacen(path[1], "", 1).replacen("\n\n", "\n", 1).into_bytes()),
        ("bad-9002-other-ledger.tlog-proof", 9002, twin.ledger.receipt(&twin.register, &[0]).into_bytes()),
        ("bad-9003-successors.tlog-proof", 9003, make(&changed.ledger, &|e| e.handovers[0].validators.swap(0, 1))),
        ("bad-9004-quorum.tlog-proof", 9004, text.as_bytes()[..last].to_vec()),
        ("bad-9004-no-handover.tlog-proof", 9004, make(&changed.ledger, &|e| e.handovers.clear())),
        ("bad-9005-path-order.tlog-proof", 9005, format!("{}\n", swapped.join("\n")).into_bytes()),
        ("bad-9005-leaf-of-another.tlog-proof", 9005, spoilt(&|e| e.leaf = other.leaf.clone())),
        ("bad-9006-jwt-of-another.tlog-proof", 9006, spoilt(&|e| e.jwt = other.jwt.clone())),
        ("bad-9007-key-of-another.tlog-proof", 9007, spoilt(&|e| e.key = public(2))),
        ("bad-9008-record-of-another.tlog-proof", 9008, spoilt(&|e| e.records = other.records.clone())),
        ("bad-9008-record-index.tlog-proof", 9008, spoilt(&|e| e.records[0].index = 1)),
        ("bad-9010-handover.tlog-proof", 9010, spoilt(&|e| e.handovers = changed.ledger.handovers.clone())),
    ]
}

fn state_proofs(story: &Story, changed: &Story) -> Vec<(&'static str, u16, Vec<u8>)> {
    let key = format!("rcv/{}", story.id());
    let (ledger, obj) = (&story.ledger, format!("obj/{OBJECT}"));
    let spoilt = |change: &dyn Fn(&mut StateProof)| {
        let mut proof = ledger.state_proof(&key);
        change(&mut proof);
        proof.to_bytes()
    };
    let text = String::from_utf8(spoilt(&|_| ())).unwrap();
    let transaction = || {
        let mut proof = ledger.state_proof(&key);
        proof.index = 0;
        proof.path = ledger.path(0);
        proof.leaf = receipt::leaf_text(&ledger.leaves[0]);
        proof.to_bytes()
    };
    vec![
        ("value.json", 0, spoilt(&|_| ())),
        ("chain.json", 0, ledger.state_proof(&obj).to_bytes()),
        ("absence.json", 0, ledger.state_proof("rcv/none").to_bytes()),
        ("handover.json", 0, changed.ledger.state_proof("member/carrier").to_bytes()),
        ("bad-9001-digest.json", 9001, text.replace("pledged", "settled").into_bytes()),
        ("bad-9001-format.json", 9001, spoilt(&|p| p.format = "sealane-state-proof/2".into())),
        ("bad-9003-handover.json", 9003, {
            let mut proof = changed.ledger.state_proof(&key);
            proof.handovers[0].index -= 1;
            proof.to_bytes()
        }),
        ("bad-9004-other-ledgers-checkpoint.json", 9004, {
            let mut proof = changed.ledger.state_proof(&key);
            proof.handovers.clear();
            proof.to_bytes()
        }),
        ("bad-9005-path.json", 9005, spoilt(&|p| p.path.reverse())),
        ("bad-9005-old-leaf.json", 9005, spoilt(&|p| p.leaf = changed.ledger.state_proof(&key).leaf)),
        ("bad-9006-transaction.json", 9006, transaction()),
        ("bad-9009-value.json", 9009, spoilt(&|p| p.value = Some("{}".into()))),
        ("bad-9009-false-absence.json", 9009, spoilt(&|p| p.value = None)),
        ("bad-9009-false-presence.json", 9009, {
            let mut proof = ledger.state_proof("rcv/none");
            proof.value = Some("{}".into());
            proof.to_bytes()
        }),
        ("bad-9009-other-key.json", 9009, spoilt(&|p| p.key.push('0'))),
        ("bad-9010-handover.json", 9010, spoilt(&|p| p.handovers = changed.ledger.handovers.clone())),
    ]
}

fn files() -> Files {
    let (story, mut changed) = (Story::new(), Story::new());
    changed.change();
    let mut all = Files::new();
    let mut put = |name: String, code: u16, bytes: Vec<u8>| {
        assert!(all.insert(name.clone(), (code, bytes)).is_none(), "{name} twice");
    };
    for (name, bytes) in good_bundles(&story, &changed) {
        put(format!("bundle-{name}"), 0, bytes);
    }
    for (name, code, bytes) in bad::bundles() {
        let end = if name.ends_with(".html") { "" } else { ".json" };
        put(format!("bundle-bad-{code}-{name}{end}"), code, bytes);
    }
    for (name, code, bytes) in receipts(&story, &changed) {
        put(format!("receipt-{name}"), code, bytes);
    }
    for (name, code, bytes) in state_proofs(&story, &changed) {
        put(format!("state-{name}"), code, bytes);
    }
    all
}

fn verdict(name: &str, file: &[u8], trust: &Trust) -> u16 {
    let code = |result: Result<(), VerifyError>| result.err().map_or(0, |error| error.code());
    match name.split_once('-').unwrap().0 {
        "bundle" => verify(file, &trust.ledger(), None).err().map_or(0, |fault| fault.code()),
        "receipt" => code(receipt::verify(file, trust).map(drop)),
        _ => code(StateProof::verify(file, trust).map(drop)),
    }
}

#[test]
fn every_vector_has_its_verdict_and_is_as_committed() {
    let files = files();
    let trust = Trust::in_genesis(&crate::genesis::Founding::read(&genesis(START)).unwrap());
    let verdicts: BTreeMap<&String, u16> = files.iter().map(|(name, (code, _))| (name, *code)).collect();
    let wrong: Vec<String> = files
        .iter()
        .map(|(name, (want, file))| (name, want, verdict(name, file, &trust)))
        .filter(|(_, want, got)| *want != got)
        .map(|(name, want, got)| format!("{name}: {got} instead of {want}"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for code in 9001..=9016 {
        assert!(verdicts.values().any(|known| *known == code), "no vector for {code}");
    }
    let mut whole: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(name, (_, bytes))| (name.clone(), bytes.clone())).collect();
    whole.insert("genesis.json".into(), genesis(START));
    whole.insert("genesis-other.json".into(), genesis(START + 1));
    whole.insert("page.html".into(), PAGE.into());
    let list = serde_json::to_string_pretty(&verdicts).unwrap() + "\n";
    whole.insert("verdicts.json".into(), list.into_bytes());
    let folder = folder();
    if std::env::var_os("SEALANE_WRITE_VECTORS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        whole.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
    }
    let bytes: usize = whole.values().map(Vec::len).sum();
    println!("{} files, {bytes} bytes", whole.len());
    for (name, bytes) in &whole {
        let committed = std::fs::read(folder.join(name)).unwrap_or_default();
        assert!(committed == *bytes, "{name} changed; if that is meant, run with SEALANE_WRITE_VECTORS=1");
    }
    let there = std::fs::read_dir(&folder).unwrap().filter(|f| f.as_ref().unwrap().path().is_file()).count();
    assert_eq!(there, whole.len() + usize::from(folder.join("README.md").exists()));
}
