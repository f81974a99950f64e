//! Files that do not hold, each for one reason that no random change of bytes would reach: the digest is made anew.

use super::world::{OBJECT, ORDER, PAGE, Show, Story};
use crate::bundle::{Bundle, Subject, page};
use crate::fixtures::ORIGIN;
use crate::fixtures::{START, draft, set_of, signer, transaction_by, validator};
use crate::hash::Hash;
use crate::keys::{Purpose, Signer as _, b64};
use crate::log::{Checkpoint, SignedCheckpoint};
use crate::receipt::policy_of;
use crate::tx::build::Built;
use crate::types::RecordId;
use serde_json::json;

/// File name without `bundle-bad-<code>-`, code, content.
pub type Bad = (&'static str, u16, Vec<u8>);

/// The same text with the digest that it should carry.
pub fn redigest(text: &str) -> Vec<u8> {
    let cut = text.rfind(",\"digest\":").unwrap();
    let body = format!("{}}}", &text[..cut]);
    format!("{},\"digest\":\"{}\"}}", &text[..cut], Hash::of(body.as_bytes())).into_bytes()
}

fn spoilt(bundle: &Bundle, spoil: impl FnOnce(&mut Bundle)) -> Vec<u8> {
    let mut bundle = bundle.clone();
    spoil(&mut bundle);
    bundle.to_bytes()
}

/// Every bad bundle.
pub fn bundles() -> Vec<Bad> {
    let story = Story::new();
    let mut all = form(&story);
    all.extend(trust(&story));
    all.extend(content(&story));
    all.extend(listings(&story));
    all.extend(dishonest());
    all
}

fn form(story: &Story) -> Vec<Bad> {
    let member = story.member();
    let text = String::from_utf8(member.to_bytes()).unwrap();
    let edit = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        redigest(&text.replacen(from, to, 1))
    };
    let paged = page::wrap(PAGE, &member).unwrap();
    let other_page = String::from_utf8(paged.clone()).unwrap().replace("Open this", "Trust this").into_bytes();
    let unpadded = String::from_utf8(paged).unwrap().replace("=-->", "-->").into_bytes();
    let nested = format!("{{\"format\":{}", "[".repeat(100_000));
    let mut all: Vec<Bad> = vec![
        ("digest", 9001, [&text.as_bytes()[..text.len() - 66], &[b'0'; 64], b"\"}"].concat()),
        ("format", 9001, edit("sealane-bundle/1", "sealane-bundle/2")),
        ("space", 9001, edit("\"subject\":{", "\"subject\": {")),
        ("field-order", 9001, edit(r#"{"kind":"member","id":"bank"}"#, r#"{"id":"bank","kind":"member"}"#)),
        ("unknown-field", 9001, edit("\"subject\":{", "\"extra\":0,\"subject\":{")),
        ("field-twice", 9001, edit("\"entries\":[", "\"entries\":[],\"entries\":[")),
        ("no-subject", 9001, edit(r#""subject":{"kind":"member","id":"bank"},"#, "")),
        ("subject-kind", 9001, edit(r#"{"kind":"member","id":"bank"}"#, r#"{"kind":"order","id":"bank"}"#)),
        ("escape", 9001, edit("示例银行", "\\u793a例银行")),
        (
            "upper-case-hash",
            9001,
            edit(
                &format!("\"page\":\"{}\"", member.page),
                &format!("\"page\":\"{}\"", member.page.to_string().to_uppercase()),
            ),
        ),
        ("index-beyond-2-53", 9001, edit(&format!("\"index\":{}", member.block.index), "\"index\":9007199254740992")),
        ("time-null", 9001, edit("\"listings\":[]", "\"listings\":[],\"time\":null")),
        ("time-not-base64", 9001, spoilt(&member, |b| b.time = Some("****".into()))),
        ("state-order", 9001, spoilt(&member, |b| b.state.swap(0, 1))),
        ("state-twice", 9001, spoilt(&member, |b| b.state.insert(0, b.state[0].clone()))),
        ("leaf-encoding", 9001, spoilt(&member, |b| b.entries[0].leaf.push('='))),
        ("checkpoint-text", 9001, spoilt(&member, |b| b.checkpoint = b.checkpoint.replacen('\n', "", 1))),
        ("withheld-shows", 9001, spoilt(&member, |b| b.entries[0].jwt = None)),
        ("bare-array", 9001, b"[]".to_vec()),
        ("nested", 9001, nested.as_bytes()[..4000].to_vec()),
        ("empty", 9001, vec![]),
    ];
    let order = story.order();
    all.push(("entries-order", 9001, spoilt(&order, |b| b.entries.swap(0, 1))));
    let receivable = story.receivable();
    all.push(("records-order", 9001, spoilt(&receivable, |b| b.entries[0].records.swap(0, 1))));
    all.push((
        "record-twice",
        9001,
        spoilt(&receivable, |b| {
            let record = b.entries[0].records[0].clone();
            b.entries[0].records.insert(0, record);
        }),
    ));
    all.push(("page.html", 9001, other_page));
    all.push(("page-empty.html", 9001, PAGE.as_bytes().to_vec()));
    all.push(("page-base64.html", 9001, [&unpadded[..], b"<!-- -->"].concat()));
    all
}

/// The checkpoint with other signature lines.
fn signed_by(text: &str, keep: impl Fn(&[&str]) -> Vec<String>) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('—')).collect();
    let (head, _) = text.split_once("\n\n").unwrap();
    format!("{head}\n\n{}\n", keep(&lines).join("\n"))
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn trust(story: &Story) -> Vec<Bad> {
    let member = story.member();
    let mut changed = Story::new();
    changed.change();
    let new = changed.member();
    changed.ledger.commit(&[], Some(&[5, 6, 1, 2]));
    changed.ledger.commit(&[], None);
    let newest = changed.member();
    let twin = Story::started(START + 1);
    let lines =
        |keep: &dyn Fn(&[&str]) -> Vec<String>| spoilt(&member, |b| b.checkpoint = signed_by(&b.checkpoint, keep));
    let usurped = {
        let checkpoint = SignedCheckpoint::parse(new.handovers[0].checkpoint.as_bytes()).unwrap().checkpoint().clone();
        signed(&checkpoint, &[3, 5, 6])
    };
    let text = member.policy.clone();
    let policy = |policy: String| spoilt(&member, |b| b.policy = policy);
    vec![
        ("genesis", 9002, spoilt(&member, |b| b.genesis.push(' '))),
        ("other-ledger", 9002, twin.member().to_bytes()),
        ("other-ledgers-genesis", 9002, spoilt(&member, |b| b.genesis = twin.member().genesis)),
        ("first-handover-missing", 9003, spoilt(&newest, |b| drop(b.handovers.remove(0)))),
        ("handovers-swapped", 9003, spoilt(&newest, |b| b.handovers.swap(0, 1))),
        ("handover-twice", 9003, spoilt(&new, |b| b.handovers.push(b.handovers[0].clone()))),
        ("successors-changed", 9003, spoilt(&new, |b| b.handovers[0].validators[3] = validator(2))),
        ("successors-appoint-themselves", 9003, spoilt(&new, |b| b.handovers[0].checkpoint = usurped)),
        ("handover-path", 9003, spoilt(&new, |b| b.handovers[0].path.swap(0, 1))),
        ("quorum-cut", 9004, lines(&|all| owned(&all[..3]))),
        ("no-log-line", 9004, lines(&|all| owned(&all[1..]))),
        ("cosigner-twice", 9004, lines(&|all| owned(&[all, &all[3..]].concat()))),
        (
            "cosignature-of-another",
            9004,
            lines(&|all| vec![all[0].into(), all[1].into(), all[2].into(), swap_name(all[3], "node-3", "node-4")]),
        ),
        ("strangers-line", 9004, lines(&|all| [owned(all), vec![swap_name(all[3], "node-3", "node-9")]].concat())),
        (
            "strangers",
            9004,
            spoilt(&member, |b| {
                b.checkpoint =
                    signed(SignedCheckpoint::parse(b.checkpoint.as_bytes()).unwrap().checkpoint(), &[4, 5, 6])
            }),
        ),
        ("size-changed", 9004, spoilt(&member, |b| b.checkpoint = b.checkpoint.replacen("\n48\n", "\n47\n", 1))),
        ("handover-missing", 9004, spoilt(&new, |b| b.handovers.clear())),
        ("last-handover-missing", 9004, spoilt(&newest, |b| drop(b.handovers.pop()))),
        ("handover-not-needed", 9010, spoilt(&member, |b| b.handovers = new.handovers.clone())),
        ("policy-quorum", 9011, policy(text.replace("validators 3 ", "validators 1 "))),
        ("policy-order", 9011, policy(text.replace("node-1 node-2 node-3", "node-2 node-1 node-3"))),
        ("policy-comment", 9011, policy(format!("# good\n{text}"))),
        ("policy-empty", 9011, policy(String::new())),
        ("policy-stale", 9011, spoilt(&new, |b| b.policy = text.clone())),
        (
            "policy-of-others",
            9011,
            policy(String::from_utf8(policy_of(ORIGIN, &set_of(&[2, 3, 4, 5]), None).unwrap().encode()).unwrap()),
        ),
    ]
}

fn swap_name(line: &str, from: &str, to: &str) -> String {
    line.replace(from, to)
}

fn signed(checkpoint: &Checkpoint, numbers: &[u8]) -> String {
    let mut lines = vec![checkpoint.sign_as_log(signer(0x20 + numbers[0]).key()).unwrap()];
    for n in numbers {
        let name = crate::receipt::cosigner_name(ORIGIN, &validator(*n).member);
        lines.push(crate::log::cosignature::cosign(checkpoint, &name, signer(0x30 + n).key(), START + 100).unwrap());
    }
    SignedCheckpoint::new(checkpoint.clone(), lines).unwrap().encode()
}

fn content(story: &Story) -> Vec<Bad> {
    let member = story.member();
    let receivable = story.receivable();
    let order = story.order();
    let earlier = story.ledger.leaves.len() as u64 - 1 - 20;
    let rcv = receivable.state.iter().position(|s| s.key == format!("rcv/{}", story.id())).unwrap();
    let none = receivable.state.iter().position(|s| s.key == "rcv/none").unwrap();
    let due = receivable.entries[0].records[0].sealed[1].clone();
    let unopened = story.register.sealed[1].1[0].disclosure.clone();
    let forged = b64(br#"["AAAAAAAAAAAAAAAAAAAAAA","debtor","Another AG"]"#);
    vec![
        ("path-reversed", 9005, spoilt(&member, |b| b.entries[0].path.reverse())),
        ("path-cut", 9005, spoilt(&member, |b| b.entries[0].path.truncate(1))),
        ("path-longer", 9005, spoilt(&member, |b| b.entries[0].path.push(Hash::ZERO))),
        ("place-changed", 9005, spoilt(&member, |b| b.entries[0].index += 1)),
        ("place-beyond", 9005, spoilt(&member, |b| b.entries[0].index = 9_007_199_254_740_991)),
        (
            "outcome-changed",
            9005,
            spoilt(&order, |b| {
                let refused = b.entries.iter_mut().find(|e| e.leaf.ends_with("AQAAEJI")).unwrap();
                refused.leaf = refused.leaf.replace("AQAAEJI", "AAAAAAA");
            }),
        ),
        ("block-path", 9005, spoilt(&member, |b| b.block.path.reverse())),
        (
            "block-not-the-last",
            9005,
            spoilt(&member, |b| {
                b.block.index = earlier;
                b.block.path = story.ledger.path(earlier);
                b.block.leaf = crate::receipt::leaf_text(&story.ledger.leaves[earlier as usize]);
            }),
        ),
        ("jwt-of-another", 9006, spoilt(&order, |b| b.entries[0].jwt = b.entries[2].jwt.clone())),
        (
            "entry-is-a-block",
            9006,
            spoilt(&member, |b| {
                b.entries[0].leaf = b.block.leaf.clone();
                b.entries[0].index = b.block.index;
                b.entries[0].path = b.block.path.clone();
            }),
        ),
        ("record-of-another", 9008, spoilt(&order, |b| b.entries[0].records = b.entries[2].records.clone())),
        ("record-index", 9008, spoilt(&receivable, |b| b.entries[0].records[1].index = 2)),
        (
            "records-exchanged",
            9008,
            spoilt(&receivable, |b| {
                let shown = &mut b.entries[0].records;
                let first = shown[0].disclosure.clone();
                shown[0].disclosure = std::mem::replace(&mut shown[1].disclosure, first);
            }),
        ),
        (
            "value-changed",
            9009,
            spoilt(&receivable, |b| b.state[rcv].value = Some(r#"{"by":"none","status":"registered"}"#.into())),
        ),
        ("false-absence", 9009, spoilt(&receivable, |b| b.state[rcv].value = None)),
        (
            "false-absence-elsewhere",
            9009,
            spoilt(&receivable, |b| {
                b.state[rcv].value = None;
                b.state[rcv].proof = b.state[none].proof.clone();
            }),
        ),
        ("false-presence", 9009, spoilt(&receivable, |b| b.state[none].value = Some("{}".into()))),
        ("key-changed", 9009, spoilt(&receivable, |b| b.state[rcv].key.push('0'))),
        ("siblings-swapped", 9009, spoilt(&receivable, |b| b.state[rcv].proof.siblings.swap(0, 1))),
        ("proof-of-another", 9009, spoilt(&receivable, |b| b.state[rcv].proof = b.state[0].proof.clone())),
        ("state-of-an-earlier-block", 9009, {
            let mut later = Story::new();
            later.change();
            spoilt(&later.member(), |b| b.state = member.state.clone())
        }),
        ("member-not-proved", 9012, spoilt(&receivable, |b| b.state.retain(|s| s.key != "member/trader"))),
        ("sealed-of-another", 9014, spoilt(&receivable, |b| b.entries[0].records[0].sealed[1] = unopened)),
        ("sealed-twice", 9014, spoilt(&receivable, |b| b.entries[0].records[0].sealed.push(due.clone()))),
        ("sealed-forged", 9014, spoilt(&receivable, |b| b.entries[0].records[0].sealed[0] = forged)),
        ("sealed-in-the-next", 9014, spoilt(&receivable, |b| b.entries[0].records[1].sealed = vec![due])),
        (
            "subject-other-receivable",
            9015,
            spoilt(&receivable, |b| b.subject = Subject::Receivable(format!("{}:1", story.register.id))),
        ),
        ("subject-absent", 9015, spoilt(&receivable, |b| b.subject = Subject::Receivable("none".into()))),
        ("subject-not-shown", 9015, spoilt(&receivable, |b| drop(b.entries[0].records.remove(0)))),
        (
            "subject-withheld",
            9015,
            spoilt(&receivable, |b| {
                b.entries[0].jwt = None;
                b.entries[0].records.clear();
            }),
        ),
        ("subject-not-listed", 9015, spoilt(&receivable, |b| b.listings.clear())),
        ("subject-other-object", 9015, spoilt(&order, |b| b.subject = Subject::Object(OBJECT.into()))),
        ("subject-no-member", 9015, spoilt(&member, |b| b.subject = Subject::Member("stranger".into()))),
        ("subject-not-a-member", 9015, spoilt(&member, |b| b.subject = Subject::Member("trader".into()))),
        ("time-token", 9016, spoilt(&member, |b| b.time = Some("bm8gdG9rZW4=".into()))),
    ]
}

fn listings(story: &Story) -> Vec<Bad> {
    let order = story.order();
    let refused = RecordId { tx: story.refused.id, index: 0 };
    let foreign = RecordId { tx: story.pledge.id, index: 0 };
    let pledge = story.receivable().entries[1].clone();
    vec![
        ("swapped", 9013, spoilt(&order, |b| b.listings[0].records.swap(0, 1))),
        ("cut", 9013, spoilt(&order, |b| b.listings[0].records.truncate(2))),
        (
            "cut-with-its-entry",
            9013,
            spoilt(&order, |b| {
                let id = b.listings[0].records.pop().unwrap();
                let place = story
                    .ledger
                    .leaves
                    .iter()
                    .position(|l| matches!(l, crate::block::Leaf::Tx { id: tx, .. } if *tx == id.tx.0))
                    .unwrap();
                b.entries.retain(|entry| entry.index != place as u64);
            }),
        ),
        ("cut-in-the-middle", 9013, spoilt(&order, |b| b.listings[0].records.retain(|id| id.tx != story.events[1].id))),
        ("emptied", 9013, spoilt(&order, |b| b.listings[0].records.clear())),
        (
            "record-listed-twice",
            9013,
            spoilt(&order, |b| b.listings[0].records.extend(order.listings[0].records.last())),
        ),
        ("refused-listed", 9013, spoilt(&order, |b| b.listings[0].records.insert(1, refused))),
        (
            "foreign-listed",
            9013,
            spoilt(&order, |b| {
                b.entries.insert(1, pledge.clone());
                b.listings[0].records.insert(1, foreign);
                let mut state = story.receivable().state;
                state.retain(|s| s.key == "member/bank");
                b.state.insert(0, state.remove(0));
            }),
        ),
        ("no-entry", 9013, spoilt(&order, |b| drop(b.entries.remove(0)))),
        ("chain-not-proved", 9013, spoilt(&order, |b| b.state.retain(|s| !s.key.starts_with("obj/")))),
        (
            "of-another-object",
            9013,
            spoilt(&order, |b| {
                let mut other = story.bundle(Subject::Object("x".into()), &[], &[], &["x"]);
                b.state.push(other.state.remove(0));
                b.listings[0].object = "x".into();
            }),
        ),
        ("withheld-cut", 9013, {
            let shown: Vec<(&Built, Show)> = story.events[..3].iter().map(|e| (e, Show::Withheld)).collect();
            let mut bundle = story.bundle(Subject::Object(ORDER.into()), &[], &shown, &[ORDER]);
            bundle.entries.remove(1);
            bundle.listings[0].records.remove(1);
            bundle.to_bytes()
        }),
    ]
}

/// What only a quorum of dishonest validators could put under a checkpoint: the verifier still sees it.
fn dishonest() -> Vec<Bad> {
    let mut story = Story::new();
    story.change();
    let (ledger, other) = (story.ledger.id(), Story::started(START + 1).ledger.id());
    let event = |iss: &str, seed: u8, jti: &str| {
        transaction_by(iss, seed, ledger, jti, &[draft("trace.event/1", "y", json!({"step": jti}), &[])])
    };
    let resigned = |built: &Built, seed: u8| {
        let text = std::str::from_utf8(&built.bytes).unwrap();
        let (jwt, rest) = text.split_once('~').unwrap();
        let input = jwt.rsplit_once('.').unwrap().0;
        let signature = b64(&signer(seed).sign(Purpose::Transaction(input.as_bytes())).unwrap());
        Built { bytes: format!("{input}.{signature}~{rest}").into_bytes(), ..built.clone() }
    };
    let unsigned = {
        let good = event("trader", 1, "none");
        let text = String::from_utf8(good.bytes.clone()).unwrap();
        let header = b64(json!({"alg": "none", "kid": signer(1).public_key().kid().as_str(), "typ": "sealane+sd-jwt"})
            .to_string()
            .as_bytes());
        let bytes = format!("{header}.{}", text.split_once('.').unwrap().1).into_bytes();
        Built { bytes, ..good }
    };
    let two = b64(br#"["AAAAAAAAAAAAAAAAAAAAAA","two"]"#);
    let shape = transaction_by(
        "trader",
        1,
        ledger,
        "two",
        &[draft("trace.event/1", "y", json!({"_sd": [crate::tx::disclosure::digest(&two)]}), &[])],
    );
    let table: Vec<(&'static str, u16, Built, u64)> = vec![
        ("", 0, event("trader", 1, "sound"), 8),
        ("key-revoked-before", 9012, event("carrier", 3, "old"), 8),
        ("key-revoked-at", 9012, event("carrier", 3, "old-at"), 7),
        ("", 0, event("carrier", 3, "old-before"), 6),
        ("key-not-yet-valid", 9012, event("carrier", 4, "new"), 6),
        ("key-of-another-use", 9012, event("trader", 0x81, "api"), 8),
        ("key-of-another-member", 9012, event("trader", 2, "banks"), 8),
        ("member-not-yet-admitted", 9012, event("carrier", 3, "early"), 1),
        ("member-unknown", 9012, event("stranger", 9, "who"), 8),
        ("signature-by-another", 9007, resigned(&event("trader", 1, "re"), 2), 8),
        ("algorithm-none", 9007, unsigned, 8),
        (
            "transaction-of-another-ledger",
            9002,
            transaction_by("trader", 1, other, "aud", &[draft("trace.event/1", "y", json!({}), &[])]),
            8,
        ),
        ("sealed-shape", 9014, shape, 8),
    ];
    let smuggled: Vec<_> = table.iter().map(|(_, _, built, height)| story.smuggle(built, *height)).collect();
    let unlisted = story
        .smuggle(&transaction_by("trader", 1, ledger, "hidden", &[draft("trace.event/1", ORDER, json!({}), &[])]), 8);
    let mut all: Vec<Bad> = vec![];
    for ((name, code, _, _), smuggled) in table.iter().zip(&smuggled) {
        let mut bundle = story.with(smuggled);
        if *name == "sealed-shape" {
            bundle.entries[0].records[0].sealed.push(two.clone());
        }
        if *code == 0 {
            crate::bundle::verify(&bundle.to_bytes(), &ledger, None).expect("the way of smuggling itself is sound");
        } else {
            all.push((name, *code, bundle.to_bytes()));
        }
    }
    let mut order = story.order();
    order.entries.push(story.with(&unlisted).entries.remove(0));
    all.push(("shown-and-not-listed", 9013, order.to_bytes()));
    // A checkpoint that ends with a transaction.
    let mut cut = Story::new();
    let leaf = cut.ledger.leaves[0].clone();
    cut.ledger.push(leaf);
    all.push(("last-is-a-transaction", 9006, cut.member().to_bytes()));
    all
}
