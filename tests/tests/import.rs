//! Documents come in through the program as its users have it, and of no person anything stays at any node.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod personal;
mod stage;

use chain_core::types::Height;
use node::export::open_folder;
use node::storage::{Direction, Table};
use personal::{Search, Values, files, texts};
use serde_json::Value;
use stage::user::User;
use stage::{Stage, now};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use testnet::launch::sealane_binary;
use testnet::world::World;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples");
const TABLES: [Table; 22] = [
    Table::Meta,
    Table::Blocks,
    Table::Certificates,
    Table::Outcomes,
    Table::Txs,
    Table::Jtis,
    Table::Tiles,
    Table::State,
    Table::History,
    Table::Stale,
    Table::ByObject,
    Table::ByMember,
    Table::ByKind,
    Table::Undecided,
    Table::Checkpoints,
    Table::Handovers,
    Table::Evidence,
    Table::Roots,
    Table::Bodies,
    Table::Sheets,
    Table::Changes,
    Table::Snapshots,
];

/// What the import test does at the command line.
trait Imports {
    fn import(&self, format: &str, paths: &[PathBuf]) -> Imported;
    fn records(&self) -> usize;
}

impl Imports for User {
    /// Imports files or folders: imported, there already, refused by the ledger, and the errors of each refused file.
    fn import(&self, format: &str, paths: &[PathBuf]) -> Imported {
        let paths: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
        let (code, json) = self.run(&[&["import", format], paths.as_slice()].concat());
        let count = |name: &str| json[name].as_u64().unwrap_or_else(|| panic!("import {format}: {json}"));
        let mut errors = BTreeMap::new();
        for file in json["files"].as_array().unwrap() {
            let found = file["errors"].as_array().unwrap();
            if !found.is_empty() {
                errors.insert(PathBuf::from(file["file"].as_str().unwrap()), found.clone());
            }
        }
        assert_eq!(code, Some(i32::from(!errors.is_empty())), "the exit code says whether a file was refused");
        Imported { imported: count("imported"), already: count("already"), refused: count("refused"), errors }
    }

    fn records(&self) -> usize {
        self.done(&["list", "records", "--all"]).as_array().map_or_else(|| panic!("list"), Vec::len)
    }
}

#[derive(Debug)]
struct Imported {
    imported: u64,
    already: u64,
    refused: u64,
    errors: BTreeMap<PathBuf, Vec<Value>>,
}

/// Who sends a kind of message.
fn sender(kind: &str) -> &'static str {
    match kind {
        "trade.payment/1" => "payment",
        "trade.waybill/1" => "carrier",
        reply if reply.contains("-reply/") => "customs",
        _ => "enterprise",
    }
}

fn with_extension(folder: &Path, extension: &str) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == extension)).collect()
}

/// Searches everything that the stopped nodes keep, and every block, for personal values.
fn search(stage: &Stage, values: &Values) {
    let (hidden, shown) = (Search::in_bytes(&values.personal), Search::in_bytes(&values.public));
    let (hidden_text, shown_text) = (Search::in_text(&values.personal), Search::in_text(&values.public));
    let add = |total: &mut BTreeMap<String, usize>, more: BTreeMap<String, usize>| {
        more.into_iter().for_each(|(value, count)| *total.entry(value).or_insert(0) += count);
    };
    let (mut hits, mut controls) = (BTreeMap::new(), [BTreeMap::new(), BTreeMap::new(), BTreeMap::new()]);
    let (mut bytes, mut rows, mut blocks, mut records) = (0, 0, 0, 0);
    for node in &stage.net.network.nodes {
        // 1. Files as they lie on the disk: database, write-ahead logs, the engine's log, the node's log.
        for path in files(&node.folder) {
            let content = std::fs::read(&path).unwrap();
            bytes += content.len();
            add(&mut hits, hidden.find(&content));
            add(&mut controls[0], shown.find(&content));
        }
        // 2. Rows of the database as they are read: on the disk they may be compressed.
        let ledger = open_folder(&node.folder.join("data"), &stage.net.genesis).unwrap();
        for table in TABLES {
            for (key, value) in ledger.storage().scan(table, b"", b"", Direction::Forward, usize::MAX).unwrap() {
                rows += 1;
                for part in [key, value] {
                    add(&mut hits, hidden.find(&part));
                    add(&mut controls[1], shown.find(&part));
                }
            }
        }
        // 3. Every block with what is in its transactions, decoded.
        for height in 1..=ledger.head().height.0 {
            blocks += 1;
            let block = node::query::block(&ledger, Height(height)).unwrap().unwrap();
            for text in block.txs.iter().flat_map(|tx| texts(tx)) {
                records += 1;
                add(&mut hits, hidden_text.find(text.as_bytes()));
                add(&mut controls[2], shown_text.find(text.as_bytes()));
            }
        }
    }
    println!(
        "personal data: {} values in {} forms; searched {} nodes: {} KiB of files, {rows} rows, {blocks} blocks with {records} decoded texts: {} hits",
        values.personal.len(),
        hidden.forms(),
        stage.net.network.nodes.len(),
        bytes / 1024,
        hits.values().sum::<usize>()
    );
    println!("  left out, because the same text is a clear field: {:?}", values.ambiguous);
    let found = controls.each_ref().map(|found| found.len());
    println!(
        "  control, order numbers, which are clear: {} values, found in files {}, rows {}, blocks {}",
        values.public.len(),
        found[0],
        found[1],
        found[2]
    );
    // Without the official samples there is only what this test makes.
    assert!(values.personal.len() >= 8 && !values.public.is_empty());
    assert_eq!(found, [values.public.len(); 3], "the search finds what it should find");
    assert_eq!(hits, BTreeMap::new(), "personal values were found");
}

/// A document that is refused: its file name, what is in it, the expected code and place.
struct Bad {
    name: &'static str,
    content: String,
    code: &'static str,
    place: &'static str,
}

/// Keys made and imported, the 35 customs samples and the EPCIS samples imported by whose they are; the same again
/// changes nothing; refused documents are refused with file and field and leave nothing; and no personal value of
/// samples or synthetic messages is found at any node, in any file, row or block.
#[tokio::test(flavor = "multi_thread")]
async fn documents_come_in_and_persons_stay_out() {
    let mut stage = Stage::start(0x1390, 5).await;
    let cast = stage.net.cast.clone();
    let mut values = Values::default();
    let firm = User::new(&stage, 1, &cast.enterprises[0]);
    // Customs see every record, so that they can count.
    let office = User::new(&stage, 0, &cast.customs);
    // A key of one's own, made and put in the place of the one that was handed out.
    firm.done(&["key", "new", "own", "--use", "record"]);
    firm.done(&["key", "rotate", "record", "own"]);
    let (code, _) = firm.run(&["submit", "/nonexistent.json", "--key", "record"]);
    assert_eq!(code, Some(1));

    let folder = Path::new(SAMPLES).join("ceb/2018-113");
    if folder.is_dir() {
        let xml = with_extension(&folder, "xml");
        let mut by: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
        let mut drafts = 0;
        for path in &xml {
            let text = std::fs::read_to_string(path).unwrap();
            values.add(&text);
            let read = contracts::clearance::ceb::read(text.as_bytes()).unwrap().drafts();
            by.entry(sender(&read[0].kind)).or_default().push(path.clone());
            drafts += read.len() as u64;
        }
        assert_eq!(xml.len(), 35);
        let payment = User::new(&stage, 2, &cast.payments[0]);
        let carrier = User::new(&stage, 3, &cast.carriers[0]);
        let users = [("payment", &payment), ("carrier", &carrier), ("customs", &office)];

        stage.level().await;
        let before = office.records() as u64;
        // The enterprise gives the whole folder: what is for others to send is refused, file by file, and named.
        let first = firm.import("ceb", std::slice::from_ref(&folder));
        let others: Vec<&PathBuf> = users.iter().flat_map(|(name, _)| &by[name]).collect();
        assert_eq!(first.errors.keys().collect::<std::collections::BTreeSet<_>>(), others.into_iter().collect());
        assert!(first.errors.values().flatten().all(|error| error["code"] == "TX-1105"), "{:?}", first.errors);
        let mut imported = first.imported;
        for (name, user) in users {
            let done = user.import("ceb", &by[name]);
            assert_eq!((done.errors.len(), done.refused, done.already), (0, 0, 0), "{name}: {done:?}");
            imported += done.imported;
        }
        assert_eq!(imported, drafts);
        let height = stage.level().await;
        assert_eq!(office.records() as u64, before + drafts);

        let again = firm.import("ceb", std::slice::from_ref(&folder));
        assert_eq!((again.imported, again.already, again.errors), (0, first.imported, first.errors));
        for (name, user) in users {
            let done = user.import("ceb", &by[name]);
            assert_eq!((done.imported, done.errors.len()), (0, 0), "{name}");
        }
        // Even from a home that lost its outbox: the number comes from the file.
        std::fs::remove_dir_all(payment.home.join("outbox")).unwrap();
        let lost = payment.import("ceb", &by["payment"]);
        assert_eq!((lost.imported, lost.errors.len()), (0, 0), "{lost:?}");
        assert_eq!(stage.level().await, height, "importing again made a block");
        assert_eq!(office.records() as u64, before + drafts);
        println!("ceb: {} files, {drafts} records by 4 members; again: nothing, height stays {height}", xml.len());
    } else {
        println!("skipped: the customs samples are not at {}", folder.display());
    }

    let standards = [("gs1-epcis/JSON", "jsonld"), ("openepcis-tests/core/src/main/resources/2.0/EPCIS/JSON", "json")];
    for (place, extension) in standards {
        let folder = Path::new(SAMPLES).join(place);
        if !folder.is_dir() {
            println!("skipped: no EPCIS samples at {}", folder.display());
            continue;
        }
        let all = with_extension(&folder, extension);
        let good: Vec<&PathBuf> =
            all.iter().filter(|path| contracts::trace::epcis::read(&std::fs::read(path).unwrap()).is_ok()).collect();
        let before = office.records() as u64;
        let first = firm.import("epcis", std::slice::from_ref(&folder));
        let height = stage.level().await;
        assert_eq!(office.records() as u64, before + first.imported + first.refused);
        let unread: Vec<&PathBuf> = all.iter().filter(|path| !good.contains(path)).collect();
        for path in &unread {
            let errors = first.errors.get(*path).unwrap_or_else(|| panic!("{} was taken", path.display()));
            let said = |name: &str| {
                errors.iter().all(|e| e[name].as_str().is_some_and(|text| !text.is_empty() || name == "place"))
            };
            assert!(said("code") && said("place") && said("message"), "{}: {errors:?}", path.display());
        }
        for path in &good {
            if let Some(errors) = first.errors.get(*path) {
                println!("  refused by the ledger: {}: {}", path.display(), errors[0]);
            }
        }
        let again = firm.import("epcis", std::slice::from_ref(&folder));
        assert_eq!((again.imported, again.already), (0, first.imported));
        assert_eq!(stage.level().await, height, "importing again made a block");
        println!(
            "epcis: {place}: {} files, {} records, {} not EPCIS documents of version 2.0; again: nothing",
            all.len(),
            first.imported,
            unread.len()
        );
    }

    // Synthetic messages, through the program too, and some whose fault is known.
    let world = World::generate(&cast, 23, 4, now()).unwrap();
    let made = stage.folder.path().join("made");
    std::fs::create_dir(&made).unwrap();
    let mut xml = Vec::new();
    for trade in &world.trades {
        for (n, (text, by)) in trade
            .documents
            .xml
            .iter()
            .zip([
                &trade.documents.order,
                &trade.documents.payment,
                &trade.documents.waybill,
                &trade.documents.list,
                &trade.documents.list_reply,
            ])
            .enumerate()
        {
            values.add(text);
            let path = made.join(format!("{}-{n}.xml", trade.index));
            std::fs::write(&path, text).unwrap();
            xml.push((path, cast.by_id(&by.by).unwrap().clone()));
        }
    }
    for (path, member) in &xml {
        let done = if member.id == cast.enterprises[0].id {
            firm.import("ceb", std::slice::from_ref(path))
        } else {
            let home = stage.folder.path().join(format!("home-{}", member.nick));
            let user = if home.is_dir() {
                User { home, sealane: sealane_binary().unwrap() }
            } else {
                User::new(&stage, 4, member)
            };
            user.import("ceb", std::slice::from_ref(path))
        };
        assert_eq!((done.imported, done.errors.len()), (1, 0), "{} of {}: {done:?}", path.display(), member.nick);
    }
    println!("synthetic: {} messages of {} trades", xml.len(), world.trades.len());

    let height = stage.level().await;
    let secret = "欧阳无人知晓";
    let order = &world.trades[1].documents.xml[0];
    let name = order.split("buyerName>").nth(1).unwrap().split('<').next().unwrap();
    let number = order.split("orderNo>").nth(1).unwrap().split('<').next().unwrap();
    let marked = order.replace(name, secret);
    let bad = [
        Bad {
            name: "no-order-number.xml",
            content: marked.replace(&format!("<ceb:orderNo>{number}</ceb:orderNo>"), ""),
            code: "CEB-011",
            place: "orderNo",
        },
        Bad {
            name: "long-number.xml",
            content: marked.replace(number, &"9".repeat(200)),
            code: "CEB-032",
            place: "orderNo",
        },
        Bad {
            name: "cut-off.xml",
            content: marked.chars().take(marked.chars().count() / 2).collect(),
            code: "CEB-003",
            place: "",
        },
        Bad {
            name: "no-time.json",
            content: world.trades[0].epcis.replacen("eventTime", "eventTimes", 1).replacen(
                "\"type\"",
                &format!("\"ex:note\":\"{secret}\",\"type\""),
                1,
            ),
            code: "EPCIS",
            place: "/epcisBody/eventList/0",
        },
    ];
    for Bad { name, content, code, place } in bad {
        let path = made.join(name);
        std::fs::write(&path, &content).unwrap();
        let done = firm.import(if name.ends_with("xml") { "ceb" } else { "epcis" }, std::slice::from_ref(&path));
        assert_eq!((done.imported, done.already, done.refused), (0, 0, 0), "{name}");
        let errors = &done.errors[&path];
        let names_it =
            |e: &Value| e["code"].as_str().unwrap().starts_with(code) && e["place"].as_str().unwrap().contains(place);
        assert!(errors.iter().any(names_it), "{name}: {errors:?}");
        println!("refused: {name}: {} at {:?}", errors[0]["code"], errors[0]["place"].as_str().unwrap());
    }
    assert_eq!(stage.level().await, height, "a refused document made a block");
    for path in files(&firm.home) {
        assert!(
            Search::in_bytes([&secret.to_owned()]).find(&std::fs::read(&path).unwrap()).is_empty(),
            "{}",
            path.display()
        );
    }

    stage.assert_equal().await;
    stage.net.network.stop();
    values.settle();
    values.personal.insert(secret.to_owned());
    search(&stage, &values);
}
