//! Evidence bundles of a running network: fetched with the program, opened, and verified offline with the ledger's id
//! alone; and bundles from before and after a change of keys and validators.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use chain_core::bundle::{Bundle, Check, Subject, VerifiedBundle, page, verify};
use chain_core::keys::Signer as _;
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::types::{Height, RecordId};
use chain_core::validators::Validator;
use contracts::finance::form::object_code;
use contracts::membership::calls::Action;
use contracts::trace::kinds::TraceEventClear;
use serde_json::json;
use stage::finance::reserved;
use stage::user::User;
use stage::{PATIENCE, Stage, kid, new_key, now};
use std::path::Path;
use std::time::{Duration, Instant};
use testnet::world::MemberSigner;
use testnet::world::drafts::{key_rotation_drafts, set_validators};
use testnet::world::receivable::pledge_draft;

const CUSTOMS: usize = 0;
const BANK_A: usize = 2;
const OBJECT: &str = "01/09506000134352/21/7";
const PALLET: &str = "00/106141412345678908";
const EVENTS: usize = 40;

/// An event that the object was seen at, or with `pallet` that it was packed on one.
fn event(step: usize, pallet: bool) -> RecordDraft {
    let at = "2026-11-22T01:02:03Z".to_owned();
    let mut clear = TraceEventClear {
        event_type: if pallet { "AggregationEvent" } else { "ObjectEvent" }.into(),
        event_time: at.clone(),
        action: Some("OBSERVE".into()),
        read_point: Some(format!("414/9506000134376/254/{step}")),
        digest: "ab".repeat(32),
        ..TraceEventClear::default()
    };
    let own = vec![OBJECT.to_owned()];
    let objects = if pallet {
        (clear.parents, clear.children) = (vec![PALLET.into()], own);
        vec![PALLET.into(), OBJECT.into()]
    } else {
        clear.epcs = own.clone();
        own
    };
    let clear = serde_json::to_value(clear).unwrap().as_object().unwrap().clone();
    RecordDraft { kind: "trace.event/1".into(), objects, at, clear, sealed: Vec::new() }
}

/// The object's events by three members in turn, the last two on a pallet, and one of the pallet alone.
async fn trace(stage: &mut Stage) {
    let cast = stage.net.cast.clone();
    let makers = [&cast.enterprises[0], &cast.enterprises[1], &cast.customs];
    for step in 0..EVENTS {
        stage.put(CUSTOMS, makers[step % 3], event(step, step >= EVENTS - 2)).await;
    }
    let mut alone = event(99, false);
    alone.objects = vec![PALLET.into()];
    alone.clear["epcs"] = json!([PALLET]);
    stage.put(CUSTOMS, &cast.customs, alone).await;
}

/// A page from a node once it is good for `ready`, with what it proves.
async fn fetch(
    stage: &Stage,
    node: usize,
    member: &MemberSigner,
    path: &str,
    ready: impl Fn(&VerifiedBundle) -> bool,
) -> (Vec<u8>, VerifiedBundle) {
    let client = stage.net.client(node, member);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = client.get(path).await.unwrap();
        if answer.status == 200 {
            let file = answer.text.into_bytes();
            let good = verify(&file, &stage.net.founding.id, None);
            let good = good.unwrap_or_else(|fault| panic!("{path}: {:?}: {fault}", fault.check));
            if ready(&good) {
                return (file, good);
            }
            let found: Vec<_> = good.listings.iter().map(|l| (&l.object, l.records.len())).collect();
            let (height, handovers) = (good.height, good.handovers);
            assert!(Instant::now() < deadline, "{path} at {node}: height {height}, {handovers} handovers, {found:?}");
        } else {
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (202, "API-0202"), "{}", answer.text);
            assert!(Instant::now() < deadline, "{path} at {node}: no checkpoint");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn escaped(code: &str) -> String {
    code.replace('/', "%2F")
}

fn listed(good: &VerifiedBundle, code: &str) -> usize {
    good.listings.iter().find(|listing| listing.object == code).map_or(0, |listing| listing.records.len())
}

fn withheld(good: &VerifiedBundle) -> usize {
    good.entries.iter().filter(|entry| entry.signed.is_none()).count()
}

/// Verifies with the program in an empty home: no node, no genesis, only the ledger's id.
fn verify_elsewhere(stage: &Stage, user: &User, file: &Path) -> serde_json::Value {
    let home = stage.folder.path().join("elsewhere");
    std::fs::create_dir_all(&home).unwrap();
    let nobody = User { home, ..user.clone() };
    nobody.done(&["verify", file.to_str().unwrap(), "--ledger", &stage.net.founding.id.to_string()])
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_of_a_running_network_verify_offline() {
    let mut stage = Stage::start(0xB0D1, 5).await;
    let cast = stage.net.cast.clone();
    let bank = cast.bank_a.clone();
    let value = json!({ "version": "1", "effective": "2026-01-01", "days": 30 });
    let rules = Action::SetRules { name: "test.days".into(), value: serde_json::from_value(value).unwrap() };
    stage.decide(rules).await;
    let made = reserved(&mut stage, CUSTOMS, &bank).await;
    let id = made.terms.receivable;
    let pledge = pledge_draft(&bank, &stage.net.founding.id, &made.terms, now()).unwrap();
    let pledge = stage.put(CUSTOMS, &bank, pledge).await;
    trace(&mut stage).await;

    // The receivable, as its seller has it: who lends on it is withheld, that somebody did is not.
    let (own, path) = (object_code(&id), format!("/v1/receivables/{id}/bundle"));
    let ready = |good: &VerifiedBundle| listed(good, &own) == 3;
    let (_, good) = fetch(&stage, CUSTOMS, &made.seller, &path, ready).await;
    assert_eq!(good.subject, Subject::Receivable(id.to_string()));
    assert!(good.state.iter().any(|s| s.key == format!("rcv/{id}") && s.value.as_ref().unwrap().contains("confirmed")));
    assert!(
        good.state.iter().any(|s| s.key.starts_with("policy/"))
            && good.state.iter().any(|s| s.key == "gov/rules/test.days")
    );
    assert_eq!(withheld(&good), 3, "confirmation, reservation and pledge are others'");
    // As the bank has it that runs its own node and was shown the documents: they come along.
    let disclosures: Vec<String> = made.registered.sealed[0].1.iter().map(|s| s.disclosure.clone()).collect();
    stage.net.client(BANK_A, &made.seller).present(&id, &disclosures).await.unwrap();
    let (file, good) = fetch(&stage, BANK_A, &bank, &path, ready).await;
    let shown: Vec<RecordId> =
        good.entries.iter().flat_map(|e| &e.signed).flat_map(|s| s.records.iter().map(|r| r.id)).collect();
    let behind = made.behind;
    for record in [id, pledge, behind.order, behind.waybill, behind.list, behind.declaration, behind.policy.unwrap()] {
        assert!(shown.contains(&record), "{record} is not among {shown:?}");
    }
    assert_eq!(withheld(&good), 0);
    println!(
        "receivable with its pledge and documents: {} bytes as a page, {} entries",
        file.len(),
        good.entries.len()
    );

    // Nobody's business.
    let stranger = cast.enterprises.iter().find(|e| e.id != made.seller.id).unwrap();
    let answer = stage.net.client(CUSTOMS, stranger).get(&path).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "API-0404"));
    for (path, want) in [
        (format!("{path}?state=fp/{}", "0".repeat(64)), (404, "API-0404")),
        (format!("{path}?depth=1"), (400, "API-0400")),
        (format!("/v1/objects/{}/bundle?depth=17", escaped(OBJECT)), (400, "API-0400")),
        ("/v1/members/nobody/bundle".into(), (404, "API-0404")),
    ] {
        let answer = stage.net.client(CUSTOMS, &made.seller).get(&path).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), want, "{path}: {}", answer.text);
    }
    assert_eq!(stage.net.client(CUSTOMS, stranger).get_public(&path).await.unwrap().status, 401);

    // The object: all forty for customs, its own for a firm; with the pallet by one step.
    let path = format!("/v1/objects/{}/bundle", escaped(OBJECT));
    let ready = |good: &VerifiedBundle| listed(good, OBJECT) == EVENTS;
    let (file, good) = fetch(&stage, CUSTOMS, &cast.customs, &path, ready).await;
    assert_eq!((withheld(&good), good.listings.len()), (0, 1));
    let start = Instant::now();
    verify(&file, &stage.net.founding.id, None).unwrap();
    println!("{EVENTS} events: {} bytes as a page, verified in {:?}", file.len(), start.elapsed());
    let (_, good) = fetch(&stage, CUSTOMS, &cast.enterprises[0], &path, ready).await;
    assert_eq!(withheld(&good), EVENTS - EVENTS.div_ceil(3));
    let deeper = format!("{path}?depth=1&state=obj/none&state=rcv/none");
    let (_, good) = fetch(&stage, CUSTOMS, &cast.customs, &deeper, |good| listed(good, PALLET) == 3).await;
    assert_eq!((listed(&good, OBJECT), good.entries.len()), (EVENTS, EVENTS + 1));
    assert!(good.state.iter().any(|s| s.key == "rcv/none" && s.value.is_none()));

    // The same state under the same checkpoint gives the same bytes, at another node too.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut same = Vec::new();
        for node in [CUSTOMS, BANK_A] {
            let client = stage.net.client(node, &cast.customs);
            for _ in 0..2 {
                same.push(client.get(&path).await.unwrap().text);
            }
        }
        let checkpoint = |text: &String| page::read(text.as_bytes()).unwrap().0.checkpoint;
        if same.windows(2).all(|pair| checkpoint(&pair[0]) == checkpoint(&pair[1])) {
            assert!(same.windows(2).all(|pair| pair[0] == pair[1]));
            break;
        }
        // Nodes may hold different quorums of one checkpoint: then each agrees with itself.
        if checkpoint(&same[0]) == checkpoint(&same[1]) && checkpoint(&same[2]) == checkpoint(&same[3]) {
            assert!(same[0] == same[1] && same[2] == same[3]);
            break;
        }
        assert!(Instant::now() < deadline);
    }

    // A member.
    let path = format!("/v1/members/{}/bundle", bank.id);
    let (_, good) = fetch(&stage, CUSTOMS, &cast.customs, &path, |_| true).await;
    assert!(good.state.iter().any(|s| s.key == format!("member/{}", bank.id)));
    assert!(good.listings.iter().any(|listing| listing.object == bank.id.as_str()));

    // With the program: opened from the wallet, verified, written; and verified by somebody who has nothing else.
    let user = User::new(&stage, CUSTOMS, &made.seller);
    let wallet = user.home.join("wallet");
    std::fs::create_dir_all(&wallet).unwrap();
    let kept = json!({ "format": "sealane-wallet/1", "tx": made.registered.id,
        "records": [{ "record": id, "sealed": made.registered.sealed[0].1 }] });
    std::fs::write(wallet.join(format!("{}.json", made.registered.id)), kept.to_string()).unwrap();
    for (name, words) in [
        ("b.html", &["--open", "parties,invoice", "--state", "rcv/none"][..]),
        ("b.json", &["--open", "all", "--json-only"]),
    ] {
        let path = stage.folder.path().join(name);
        let text = path.to_str().unwrap();
        let report = user.done(&[&["bundle", "receivable", &id.to_string(), "-o", text], words].concat());
        assert_eq!((report["withheld"].as_u64(), report["file"].as_str()), (Some(3), Some(text)));
        let judged = verify_elsewhere(&stage, &user, &path);
        let entries = judged["bundle"]["entries"].as_array().unwrap();
        let opened =
            entries.iter().find_map(|e| e["signed"]["records"][0]["opened"].as_array().filter(|o| !o.is_empty()));
        assert_eq!(opened.unwrap().len(), if name == "b.html" { 2 } else { 4 });
        println!("{name}: {} bytes", std::fs::metadata(&path).unwrap().len());
        let mut spoilt = std::fs::read(&path).unwrap();
        let middle = spoilt.len() / 2;
        spoilt[middle] ^= 1;
        std::fs::write(&path, spoilt).unwrap();
        let (code, said) = user.run(&["verify", text]);
        assert_eq!((code, said["error"]["code"].as_str()), (Some(3), Some("CLI-3004")), "{said}");
    }
    let missing = user.run(&["bundle", "receivable", &id.to_string(), "-o", "/dev/null", "--open", "price"]);
    assert_eq!((missing.0, missing.1["error"]["code"].as_str()), (Some(1), Some("CLI-1306")));
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_outlive_a_change_of_keys_and_validators() {
    let mut stage = Stage::start(0xB0D2, 5).await;
    let cast = stage.net.cast.clone();
    trace(&mut stage).await;
    let path = format!("/v1/objects/{}/bundle", escaped(OBJECT));
    let ready = |good: &VerifiedBundle| listed(good, OBJECT) == EVENTS;
    let (old, before) = fetch(&stage, CUSTOMS, &cast.customs, &path, ready).await;
    assert_eq!(before.handovers, 0);

    // A firm that signed events replaces its key; the second bank's node votes in the insurer's place.
    let (firm, mut renewed) = (cast.enterprises[0].clone(), cast.enterprises[0].clone());
    renewed.record = new_key();
    let drafts =
        key_rotation_drafts(&renewed.record.public_key(), &[KeyUse::Record], &kid(&firm.record), now()).unwrap();
    let built = stage.sign(&firm, &drafts.map(Into::into));
    let done = stage.net.client(CUSTOMS, &firm).submit_accepted("rotation", &built.bytes).await.unwrap();
    let rotated = Height(done["height"].as_u64().unwrap() + 1);
    let mut set: Vec<Validator> = [0, 1, 2, 4].map(|n| cast.nodes[n].validator()).into();
    set.sort_by(|a, b| a.member.cmp(&b.member));
    let replaced = stage.decide(set_validators(set)).await;
    stage.put(CUSTOMS, &renewed, event(EVENTS, false)).await;

    println!("replaced from height {replaced}");
    let more = |good: &VerifiedBundle| listed(good, OBJECT) == EVENTS + 1 && good.height.0 >= replaced;
    for node in 0..5 {
        let (new, after) = fetch(&stage, node, &cast.customs, &path, more).await;
        assert_eq!((after.handovers, withheld(&after)), (1, 0), "node {node}");
        let by_firm: Vec<_> =
            after.entries.iter().filter_map(|e| e.signed.as_ref().filter(|s| s.issuer == firm.id)).collect();
        let (last, first) = (by_firm.last().unwrap(), by_firm.first().unwrap());
        assert_eq!((&first.kid, first.until), (&kid(&firm.record), Some(rotated)));
        assert_eq!((&last.kid, last.from, last.until), (&kid(&renewed.record), rotated, None));
        if node == 0 {
            println!("{} events before the change: {} bytes; after it: {} bytes", EVENTS, old.len(), new.len());
            // Without the handover the newcomers are strangers.
            let (bundle, _) = page::read(&new).unwrap();
            let cut = Bundle { handovers: vec![], ..bundle };
            let fault = verify(&cut.to_bytes(), &stage.net.founding.id, None).unwrap_err();
            assert!(matches!(fault.check, Check::Checkpoint), "{fault}");
        }
    }
    assert_eq!(verify(&old, &stage.net.founding.id, None).unwrap(), before);
}
