//! The verifier page in a browser, opened from disk: the same verdicts as ours, the right words and ticks, no request.
//!
//! Pictures of what people see go to the folder that each test prints. The browser is `chromium`, or the one that
//! `SEALANE_BROWSER` names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "page/browser.rs"]
mod browser;
#[path = "page/mutations.rs"]
mod mutations;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use browser::Browser;
use chain_core::bundle::{self, Bundle};
use chain_core::genesis::Founding;
use chain_core::hash::Hash;
use chain_core::log::SignedCheckpoint;
use chain_core::receipt::{self, StateProof, Trust};
use ed25519_dalek::{Signer as _, SigningKey};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn vector(name: &str) -> Vec<u8> {
    std::fs::read(vectors().join(name)).unwrap_or_else(|e| panic!("tests/vectors/{name}: {e}"))
}

fn verdicts() -> BTreeMap<String, u16> {
    serde_json::from_slice(&vector("verdicts.json")).unwrap()
}

fn founding() -> Founding {
    Founding::read(&vector("genesis.json")).unwrap()
}

/// Where pictures and pages of a test go.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page").join(test);
    std::fs::create_dir_all(&folder).unwrap();
    println!("pictures: {}", folder.display());
    folder
}

/// The verifier page on disk.
fn verifier() -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page").join("verify.html");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, node::console::page()).unwrap();
    file
}

/// Our own verdict on a file.
fn judge(file: &[u8], kind: &str, founding: &Founding, trust: &Trust) -> u16 {
    match kind {
        "receipt" => receipt::verify(file, trust).err().map_or(0, |e| e.code()),
        "state" => StateProof::verify(file, trust).err().map_or(0, |e| e.code()),
        _ => bundle::verify(file, &founding.id, None).err().map_or(0, |e| e.code()),
    }
}

fn kind_of(name: &str) -> &str {
    name.split('-').next().unwrap()
}

/// The ticks: name and state of each check, in order.
fn ticks(browser: &mut Browser) -> Vec<(String, String)> {
    let listed =
        browser.value("[...document.querySelectorAll('#checks li')].map((li) => [li.dataset.check, li.className])");
    serde_json::from_value(listed).unwrap()
}

/// `passed`, `failed`, `unconfirmed` or `missing`.
fn verdict(browser: &mut Browser) -> String {
    let class = browser.value("document.getElementById('verdict').className");
    class.as_str().unwrap().strip_prefix("verdict ").unwrap().to_owned()
}

fn text(browser: &mut Browser, selector: &str) -> String {
    browser.value(&format!("document.querySelector('{selector}').innerText")).as_str().unwrap().to_owned()
}

fn give(browser: &mut Browser, input: &str, file: &Path) {
    browser.settle_after(|browser| browser.give(input, &[file]));
}

fn type_ledger(browser: &mut Browser, id: &str) {
    let typed = format!(
        "{{ const input = document.getElementById('ledger'); input.value = '{id}'; input.dispatchEvent(new Event('input')); 0 }}"
    );
    browser.settle_after(|browser| drop(browser.value(&typed)));
}

fn assert_all_passed(browser: &mut Browser, what: &str) {
    let ticks = ticks(browser);
    let good = ticks.iter().all(|(name, state)| state == "passed" || (name == "time" && state == "absent"));
    assert!(good && ticks.len() >= 6, "{what}: {ticks:?}");
    assert_eq!(verdict(browser), "passed", "{what}");
}

/// Exactly one check is red: those before it are ticked, those after it not reached, and no content is shown.
fn assert_red(browser: &mut Browser, check: &str, what: &str) {
    let ticks = ticks(browser);
    let at = ticks.iter().position(|(_, state)| state == "failed").unwrap_or_else(|| panic!("{what}: {ticks:?}"));
    assert_eq!(ticks[at].0, check, "{what}: {ticks:?}");
    assert!(
        ticks[..at].iter().all(|(name, state)| state == "passed" || (name == "time" && state == "absent")),
        "{what}: {ticks:?}"
    );
    assert!(ticks[at + 1..].iter().all(|(_, state)| state == "unreached"), "{what}: {ticks:?}");
    assert_eq!(verdict(browser), "failed", "{what}");
    assert_eq!(text(browser, "#content"), "", "{what}: content that did not pass is shown");
}

/// Nothing was asked of anybody, and the browser had nothing to complain of.
fn assert_alone(browser: &Browser) {
    let asked: Vec<&String> =
        browser.requests.iter().filter(|url| !url.starts_with("file:///") && *url != "about:blank").collect();
    assert!(asked.is_empty(), "{asked:?}");
    assert!(
        browser.requests.iter().all(|url| url.split('#').next().unwrap().ends_with(".html")),
        "{:?}",
        browser.requests
    );
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

/// Puts files of a folder into the page as `given`, and a function `judged(bytes)` that trusts a genesis file.
fn prepare(browser: &mut Browser, folder: &Path, names: &[String], genesis: &str) {
    browser.value(
        "{ const input = document.createElement('input'); input.type = 'file'; input.multiple = true; input.id = 'vectors'; \
         document.body.append(input); 0 }",
    );
    let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    browser.give("#vectors", &paths.iter().map(PathBuf::as_path).collect::<Vec<&Path>>());
    let trust =
        json!({"ledger": null, "genesis": std::fs::read_to_string(folder.join(genesis)).unwrap(), "anchors": []});
    browser.value(&format!(
        "(async () => {{ globalThis.given = await Promise.all([...document.getElementById('vectors').files].map(
           async (file) => new Uint8Array(await file.arrayBuffer())));
         globalThis.judged = async (bytes) => (await sealane.verify(bytes, {trust})).code;
         globalThis.spliced = (bytes, changes) => changes.reduce((file, [at, removed, inserted]) =>
           new Uint8Array([...file.subarray(0, at), ...Uint8Array.from(atob(inserted), (c) => c.charCodeAt(0)), ...file.subarray(at + removed)]), bytes);
         }})()"
    ));
}

/// The page's verdicts on the files that it was given.
fn judged(browser: &mut Browser) -> Vec<u16> {
    let all = "(async () => { const codes = []; for (const bytes of given) codes.push(await judged(bytes)); return codes; })()";
    serde_json::from_value(browser.value(all)).unwrap()
}

/// A time stamp, what it is over, whom the verifier trusts, and what comes of it.
#[derive(serde::Deserialize)]
struct Stamp {
    token: String,
    imprint: String,
    anchor: Option<String>,
    code: u16,
}

/// Proofs of a ledger whose genesis names witnesses get the verdicts of their folder, and so do time stamps, without
/// a trust anchor and with each.
#[test]
fn witnesses_and_time_stamps_get_the_same_verdicts() {
    let mut browser = Browser::start();
    browser.open(&verifier(), "#lang=en");
    let expected: BTreeMap<String, u16> = serde_json::from_slice(&vector("witness/verdicts.json")).unwrap();
    let names: Vec<String> = expected.keys().cloned().collect();
    prepare(&mut browser, &vectors().join("witness"), &names, "genesis.json");
    let codes = judged(&mut browser);
    assert!(names.iter().zip(&codes).all(|(name, code)| expected[name] == *code), "{expected:?} {codes:?}");

    let expected: Vec<Stamp> = serde_json::from_slice(&vector("time/verdicts.json")).unwrap();
    assert!(expected.len() > 20, "{}", expected.len());
    let mut differing = Vec::new();
    for Stamp { token: name, imprint, anchor, code } in &expected {
        let token = STANDARD.encode(vector(&format!("time/{name}")));
        let anchors: Vec<String> =
            anchor.iter().map(|anchor| STANDARD.encode(vector(&format!("time/{anchor}")))).collect();
        let (anchors, imprint) = (json!(anchors), STANDARD.encode(hex::decode(imprint).unwrap()));
        let found = browser.value(&format!(
            "(async () => {{ const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
               try {{ const {{ vouched }} = await sealane.checkToken(bytes('{token}'), bytes('{imprint}'), {anchors}.map((one) => sealane.certificateFrom(bytes(one))));
                 return vouched === ({anchors}.length > 0) ? 0 : 1; }} catch (error) {{ return error.code ?? 2; }} }})()"
        ));
        if found != *code {
            differing.push(format!("{name} with {anchor:?}: {found} instead of {code}"));
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");

    // In the page: amber without the authority's certificate, a tick with it, red with another's.
    let folder = folder("time");
    let time = vectors().join("time");
    give(&mut browser, "#extra", &time.join("bundle-genesis.json"));
    give(&mut browser, "#file", &time.join("bundle.json"));
    assert!(ticks(&mut browser).contains(&("time".to_owned(), "unconfirmed".to_owned())));
    browser.picture(&folder.join("nobody-vouches.png"));
    give(&mut browser, "#extra", &time.join("ca_ec.pem"));
    assert_all_passed(&mut browser, "time stamp");
    browser.picture(&folder.join("vouched.png"));
    browser.open(&verifier(), &format!("#lang=zh-CN&ledger={}", Hash::of(&vector("time/bundle-genesis.json"))));
    give(&mut browser, "#extra", &time.join("ca_rsa.pem"));
    give(&mut browser, "#file", &time.join("bundle.json"));
    assert_red(&mut browser, "time", "another authority");
    browser.picture(&folder.join("another-authority.png"));
    assert_alone(&browser);
}

/// Every vector of `tests/vectors`, and 5,000 changes of the good ones, get the same verdict in the page as from us.
#[test]
fn every_vector_and_5000_mutations_get_the_same_verdict() {
    let mut browser = Browser::start();
    browser.open(&verifier(), "#lang=en");
    let expected = verdicts();
    let names: Vec<String> = expected.keys().cloned().collect();
    prepare(&mut browser, &vectors(), &names, "genesis.json");
    let codes = judged(&mut browser);
    assert!(names.len() > 100 && codes.len() == names.len());
    for (name, code) in names.iter().zip(&codes) {
        assert_eq!(*code, expected[name], "{name}");
    }
    println!("{} vectors: all verdicts equal", names.len());

    let (founding, files) = (founding(), names.iter().map(|name| vector(name)).collect::<Vec<_>>());
    let trust = Trust::in_genesis(&founding);
    let good: Vec<usize> = (0..names.len()).filter(|i| expected[&names[*i]] == 0).collect();
    let mut chance = rand::rngs::StdRng::seed_from_u64(0x5EA);
    let (mut ours, mut theirs, mut spent) = (BTreeMap::<u16, u32>::new(), Vec::new(), [std::time::Duration::ZERO; 2]);
    for _ in 0..10 {
        let batch: Vec<(usize, mutations::Mutation)> = (0..500)
            .map(|_| {
                let base = *good.choose(&mut chance).unwrap();
                (base, mutations::mutation(&files[base], &mut chance))
            })
            .collect();
        let start = Instant::now();
        let judged: Vec<u16> = batch
            .iter()
            .map(|(base, mutation)| {
                let changed = mutations::apply(&files[*base], mutation);
                let code = judge(&changed, kind_of(&names[*base]), &founding, &trust);
                // A byte may be replaced by itself, and whoever makes the digest anew may name another page.
                assert!(
                    code != 0 || changed == files[*base] || mutation.len() == 2,
                    "{} with a change holds",
                    names[*base]
                );
                code
            })
            .collect();
        spent[0] += start.elapsed();
        let told: Vec<Value> = batch.iter().map(|(base, mutation)| json!([base, mutations::told(mutation)])).collect();
        let start = Instant::now();
        let in_page: Vec<u16> = serde_json::from_value(browser.value(&format!(
            "(async () => {{ const codes = []; for (const [base, changes] of {}) codes.push(await judged(spliced(given[base], changes))); return codes; }})()",
            Value::from(told)
        )))
        .unwrap();
        spent[1] += start.elapsed();
        for (((base, mutation), ours), page) in batch.iter().zip(&judged).zip(&in_page) {
            if ours != page {
                let changed = mutations::apply(&files[*base], mutation);
                theirs.push(format!("{}: we say {ours}, the page {page}", names[*base]));
                let kept = folder("differing").join(format!("{}-{ours}-{page}-{}", theirs.len(), names[*base]));
                std::fs::write(kept, changed).unwrap();
            }
        }
        judged.iter().for_each(|code| *ours.entry(*code).or_default() += 1);
    }
    println!(
        "5000 mutations: ours {:.2} s, in the page {:.2} s; by code {ours:?}",
        spent[0].as_secs_f64(),
        spent[1].as_secs_f64()
    );
    assert!(theirs.is_empty(), "{} differ:\n{}", theirs.len(), theirs.join("\n"));
    assert!(ours.len() > 10, "the changes reach few checks: {ours:?}");
    assert_alone(&browser);
}

/// How long the page takes for the three sizes of proof that people hold.
#[test]
fn verifying_is_quick() {
    let names = ["receipt-first.tlog-proof", "bundle-receivable.json", "bundle-object-40.json"].map(str::to_owned);
    let mut browser = Browser::start();
    browser.open(&verifier(), "#lang=en");
    prepare(&mut browser, &vectors(), &names, "genesis.json");
    let times: Vec<[f64; 2]> = serde_json::from_value(browser.value(
        "(async () => { const out = []; for (const bytes of given) { const runs = []; for (let i = 0; i < 10; i++) {
           const start = performance.now(); if (await judged(bytes)) throw new Error('refused'); runs.push(performance.now() - start); }
           out.push([runs[0], Math.min(...runs)]); } return out; })()",
    ))
    .unwrap();
    for (name, [first, best]) in names.iter().zip(&times) {
        println!("{name}: {} bytes, first {first:.1} ms, best of ten {best:.1} ms in the page", vector(name).len());
        assert!(*best < 500.0, "{name} takes {best} ms");
    }
}

/// A good bundle in its own page, opened from disk, in both languages: amber until the reader names the ledger, then
/// all ticks; its content is there in words.
#[test]
fn a_good_bundle_has_all_ticks_in_both_languages() {
    let folder = folder("good");
    let ledger = founding().id.to_string();
    let mut browser = Browser::start();
    let said =
        [("zh-CN", "核验通过", "文件自身一致", "应收账款"), ("en", "Verified", "Consistent in itself", "Receivable")];
    for name in ["bundle-receivable.json", "bundle-object-40-handover.json", "bundle-member-key-changed.json"] {
        let own = Bundle { page: node::console::page_hash(), ..Bundle::from_bytes(&vector(name)).unwrap() };
        let page = folder.join(name.replace(".json", ".html"));
        std::fs::write(&page, bundle::page::wrap(node::console::page(), &own).unwrap()).unwrap();
        assert_eq!(judge(&std::fs::read(&page).unwrap(), "bundle", &founding(), &Trust::in_genesis(&founding())), 0);
        for (language, passed, unconfirmed, kind) in said {
            browser.open(&page, &format!("#lang={language}"));
            assert_eq!(verdict(&mut browser), "unconfirmed");
            assert!(text(&mut browser, "#verdict").contains(unconfirmed));
            assert!(ticks(&mut browser).contains(&("ledger".to_owned(), "unconfirmed".to_owned())));
            browser.picture(&folder.join(format!("{name}-{language}-unconfirmed.png")));
            type_ledger(&mut browser, &ledger);
            assert_all_passed(&mut browser, name);
            assert!(text(&mut browser, "#verdict").contains(passed));
            assert_eq!(browser.value("document.documentElement.lang"), language);
            let content = text(&mut browser, "#content");
            assert!(content.contains(&ledger), "{content}");
            assert!(
                !content.contains("undefined") && !content.contains("NaN") && !content.contains("[object"),
                "{content}"
            );
            assert!(name != "bundle-receivable.json" || content.contains(kind), "{content}");
            browser.picture(&folder.join(format!("{name}-{language}.png")));
            type_ledger(&mut browser, &"0".repeat(64));
            assert_red(&mut browser, "ledger", name);
        }
        browser.open(&page, &format!("#lang=en&ledger={ledger}"));
        assert_all_passed(&mut browser, name);
        browser.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
        browser.picture(&folder.join(format!("{name}-print.png")));
        browser.call("Emulation.setEmulatedMedia", json!({"media": ""}));
    }
    assert_alone(&browser);
}

/// Every good vector shows all ticks, receipts and state proofs once the genesis file is given.
#[test]
fn every_good_vector_has_all_ticks() {
    let mut browser = Browser::start();
    browser.open(&verifier(), "#lang=zh-CN");
    give(&mut browser, "#file", &vectors().join("receipt-first.tlog-proof"));
    assert_eq!(verdict(&mut browser), "missing", "a receipt alone does not say which keys to trust");
    give(&mut browser, "#extra", &vectors().join("genesis.json"));
    for (name, _) in verdicts().iter().filter(|(_, code)| **code == 0) {
        give(&mut browser, "#file", &vectors().join(name));
        assert_all_passed(&mut browser, name);
        assert!(!text(&mut browser, "#content").contains("undefined"), "{name}");
    }
    let folder = folder("receipts");
    for name in ["receipt-refused.tlog-proof", "receipt-handover.tlog-proof", "state-absence.json", "state-value.json"]
    {
        give(&mut browser, "#file", &vectors().join(name));
        browser.picture(&folder.join(format!("{name}.png")));
    }
    assert_alone(&browser);
}

/// The check that must be red for a spoilt vector, by its code and what was done to it.
fn red(code: u16, kind: &str, why: &str) -> &'static str {
    match (code, kind) {
        (9001, _) if why == "withheld-shows.json" => "entries",
        (9001, _) => "form",
        (9002, _) if why == "transaction-of-another-ledger.json" => "entries",
        (9002, "receipt") => "transaction",
        (9002, _) => "ledger",
        (9003 | 9010, _) => "handovers",
        (9004 | 9011, _) => "checkpoint",
        (9005, "receipt") => "inclusion",
        (9005 | 9006, "state") => "block",
        (9006, "receipt") => "leaf",
        (9005 | 9006, _) => "block",
        (9007, "receipt") => "transaction",
        (9008, "receipt") => "disclosures",
        (9007 | 9008 | 9012 | 9014, _) => "entries",
        (9009, "state") => "value",
        (9009, _) => "state",
        (9013, _) => "listings",
        (9015, _) => "subject",
        _ => "time",
    }
}

/// For each way to spoil a file, the right tick is red, none after it is reached, and no content is shown.
#[test]
fn each_way_to_spoil_a_file_turns_the_right_tick_red() {
    let folder = folder("spoilt");
    let mut browser = Browser::start();
    browser.open(&verifier(), "#lang=en");
    give(&mut browser, "#extra", &vectors().join("genesis.json"));
    let mut seen = BTreeMap::new();
    for (at, (name, code)) in verdicts().iter().filter(|(_, code)| **code != 0).enumerate() {
        give(&mut browser, "#file", &vectors().join(name));
        let (kind, why) = name.split_once("-bad-").unwrap();
        let wanted = red(*code, kind, &why[5..]);
        // Leaves of entries and of the block share two codes: the name says which it is.
        let entry =
            wanted == "block" && kind == "bundle" && ticks(&mut browser).contains(&("entries".into(), "failed".into()));
        assert_red(&mut browser, if entry { "entries" } else { wanted }, name);
        assert!(text(&mut browser, "#checks .failed").contains(&code.to_string()), "{name}");
        *seen.entry(*code).or_insert(0) += 1;
        if at % 20 == 10 {
            let switch = if at % 40 == 10 { "zh-CN" } else { "en" };
            browser.value(&format!("document.querySelector('[data-lang=\"{switch}\"]').click()"));
        }
        browser.picture(&folder.join(format!("{name}.png")));
    }
    println!("spoilt files by code: {seen:?}");
    assert!(seen.len() >= 15, "{seen:?}");
    assert_alone(&browser);
}

/// A checkpoint of the vectors' ledger that its validators 1 to 3 sign: seeds as in `FORMAT.md`, section 1.
fn checkpoint(size: u64, root: &str) -> Vec<u8> {
    let origin = founding().genesis.origin;
    let body = format!("{origin}\n{size}\n{root}\n");
    let line = |name: &str, kind: u8, seed: u8, time: Option<u64>| {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let id = Hash::of(&[name.as_bytes(), b"\n", &[kind], key.verifying_key().as_bytes()].concat());
        let signed = time.map_or(body.clone(), |time| format!("cosignature/v1\ntime {time}\n{body}"));
        let stamp = time.map(u64::to_be_bytes).map_or(Vec::new(), |bytes| bytes.to_vec());
        let blob = [&id.as_bytes()[..4], &stamp, &key.sign(signed.as_bytes()).to_bytes()].concat();
        format!("— {name} {}\n", STANDARD.encode(blob))
    };
    let cosigned = (1..=3u8).map(|n| line(&format!("{origin}/node-{n}"), 4, 0x30 + n, Some(1_767_226_000)));
    let lines: String = std::iter::once(line(&origin, 1, 0x21, None)).chain(cosigned).collect();
    format!("{body}\n{lines}").into_bytes()
}

/// The 40-event bundle in the verifier page, with a checkpoint that its reader kept.
fn against_kept(test: &str, kept: &[u8]) -> (Browser, PathBuf) {
    let folder = folder(test);
    let file = folder.join("kept.checkpoint");
    std::fs::write(&file, kept).unwrap();
    let mut browser = Browser::start();
    browser.open(&verifier(), &format!("#lang=zh-CN&ledger={}", founding().id));
    give(&mut browser, "#file", &vectors().join("bundle-object-40.json"));
    assert_all_passed(&mut browser, "before anything is compared");
    give(&mut browser, "#extra", &file);
    (browser, folder)
}

/// Size and root of the 40-event bundle's checkpoint.
fn shown() -> (u64, String) {
    let bundle = Bundle::from_bytes(&vector("bundle-object-40.json")).unwrap();
    SignedCheckpoint::parse(bundle.checkpoint.as_bytes()).unwrap();
    let mut lines = bundle.checkpoint.lines().skip(1);
    (lines.next().unwrap().parse().unwrap(), lines.next().unwrap().to_owned())
}

/// Dishonest nodes: a quorum signed two logs of the same size. Each proof holds by itself; the two together do not.
#[test]
fn forked_log() {
    let (mut browser, folder) = against_kept("forked_log", &checkpoint(shown().0, &STANDARD.encode([7; 32])));
    assert_red(&mut browser, "kept", "fork");
    assert!(text(&mut browser, "#checks .failed").contains("分叉"));
    browser.picture(&folder.join("forked.png"));
    assert_alone(&browser);
}

/// A dishonest node: a true but old bundle, shown as if it were the newest, to somebody who kept a later checkpoint.
#[test]
fn stale_checkpoint() {
    let (size, root) = shown();
    let (mut browser, folder) = against_kept("stale_checkpoint", &checkpoint(size + 1, &root));
    assert_red(&mut browser, "kept", "stale");
    assert!(text(&mut browser, "#checks .failed").contains("过时"));
    browser.picture(&folder.join("stale.png"));
    // The same checkpoint and an older one are no fault; one by strangers is not compared.
    for (kept, state) in [(checkpoint(size, &root), "passed"), (checkpoint(size - 1, &root), "passed")] {
        let file = folder.join("other.checkpoint");
        std::fs::write(&file, kept).unwrap();
        give(&mut browser, "#extra", &file);
        assert_eq!(ticks(&mut browser).last().unwrap(), &("kept".to_owned(), state.to_owned()));
    }
    let strangers = folder.join("strangers.checkpoint");
    let text = String::from_utf8(checkpoint(size + 1, &root)).unwrap();
    std::fs::write(&strangers, text.replacen("node-1 ", "node-9 ", 1)).unwrap();
    give(&mut browser, "#extra", &strangers);
    assert_eq!(ticks(&mut browser).last().unwrap(), &("kept".to_owned(), "unconfirmed".to_owned()));
    assert_alone(&browser);
}

/// What a dishonest node claims, given to the verifier page, and the tick that it turns red.
fn caught(test: &str, file: &str, check: &str) {
    let folder = folder(test);
    let mut browser = Browser::start();
    browser.open(&verifier(), &format!("#lang=zh-CN&ledger={}", founding().id));
    give(&mut browser, "#file", &vectors().join(file));
    assert_red(&mut browser, check, file);
    browser.picture(&folder.join(format!("{test}.png")));
    assert_alone(&browser);
}

/// A dishonest node: it says that a receivable is not pledged, though it is.
#[test]
fn false_absence() {
    caught("false_absence", "bundle-bad-9009-false-absence.json", "state");
}

/// A dishonest node: it leaves a record out of an object's history.
#[test]
fn cut_listing() {
    caught("cut_listing", "bundle-bad-9013-cut-with-its-entry.json", "listings");
}
