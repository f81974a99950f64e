//! For tests: a home folder with keys, and a node that answers from memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::args::Global;
use crate::keyring::{Kdf, KeyFile, Keyring};
use crate::lang::Lang;
use crate::report::Screen;
use crate::session::Session;
use chain_core::bundle::{BUNDLE, BlockLeaf, Bundle, Subject, page as bundle_page};
use chain_core::genesis::{Founding, Genesis};
use chain_core::hash::Hash;
use chain_core::keys::{MemorySigner, Signer, b64};
use chain_core::member::{Grants, KeyUse, Member, MemberKey, Params, Role};
use chain_core::tx::ParsedTx;
use chain_core::types::{Height, LedgerId, MemberId, TimeMs};
use chain_core::validators::Validator;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

/// The passphrase of every test key.
pub const PASSPHRASE: &str = "a long enough passphrase";

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("sealane-test-{}", uuid::Uuid::now_v7()));
        crate::files::make_folder(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Argon2id with the least work there is: tests open many keys.
pub fn quick_kdf() -> Kdf {
    Kdf { memory_kib: 8, passes: 1, lanes: 1, ..Kdf::recommended() }
}

fn key(seed: u8, uses: &[KeyUse]) -> MemberKey {
    let x = MemorySigner::from_seed(&[seed; 32]).public_key();
    MemberKey { kid: x.kid(), x, uses: uses.iter().copied().collect(), from: Height(0), until: None }
}

/// A genesis with the members ACME (keys of seeds 1 and 2) and BANK.
pub fn genesis() -> Vec<u8> {
    let member = |id: &str, keys| Member {
        id: MemberId::parse(id).unwrap(),
        names: BTreeMap::new(),
        roles: BTreeSet::from([Role::Enterprise]),
        keys,
        since: Height(0),
        suspended_from: None,
    };
    let node = |seed: u8| MemorySigner::from_seed(&[seed; 32]).public_key();
    let genesis = Genesis {
        origin: "sealane.test/cli".into(),
        time: TimeMs(1_790_000_000_000),
        members: vec![
            member("ACME", vec![key(1, &[KeyUse::Record]), key(2, &[KeyUse::Api])]),
            member("BANK", vec![key(3, &[KeyUse::Record, KeyUse::Api])]),
        ],
        validators: vec![Validator {
            member: MemberId::parse("BANK").unwrap(),
            vote: node(11),
            log: node(12),
            cosigner: node(13),
            peer: node(14),
        }],
        followers: Default::default(),
        grants: Grants::default(),
        params: Params::default(),
        rules: BTreeMap::new(),
        witnesses: None,
    };
    serde_json::to_vec(&genesis).unwrap()
}

/// Adds a key of a seed to a home folder.
pub fn add_key(home: &Path, name: &str, seed: u8, uses: &[KeyUse]) {
    let uses = uses.iter().copied().collect();
    let file = KeyFile::seal(name, uses, &Zeroizing::new([seed; 32]), PASSPHRASE, quick_kdf()).unwrap();
    Keyring::new(home.join("keys")).add(&file).unwrap();
}

/// A session of ACME with the keys `main` (records) and `api`, `maker`, `checker`, `attest`.
pub fn session(folder: &Folder, url: &str) -> Session {
    let home = &folder.0;
    if !home.join("genesis.json").exists() {
        std::fs::write(home.join("genesis.json"), genesis()).unwrap();
        std::fs::write(home.join("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        std::fs::write(
            home.join("config.toml"),
            "member = \"ACME\"\ngenesis = \"genesis.json\"\n[keys]\nrecord = \"main\"\napi = \"api\"\nmaker = \"maker\"\nchecker = \"checker\"\n",
        )
        .unwrap();
        add_key(home, "main", 1, &[KeyUse::Record]);
        add_key(home, "api", 2, &[KeyUse::Api]);
        add_key(home, "maker", 4, &[KeyUse::Maker]);
        add_key(home, "checker", 5, &[KeyUse::Checker]);
        add_key(home, "attest", 6, &[KeyUse::Attest]);
    }
    Session::new(global(folder, url), Screen::new(false, Lang::English)).unwrap()
}

/// The options of [`session`].
pub fn global(folder: &Folder, url: &str) -> Global {
    Global {
        home: Some(folder.0.clone()),
        node: Some(url.to_owned()),
        passphrase_file: Some(folder.0.join("passphrase")),
        ..Global::default()
    }
}

/// The id of the ledger of [`genesis`].
pub fn ledger() -> LedgerId {
    Founding::read(&genesis()).unwrap().id
}

/// What the test node knows and how it behaves.
#[derive(Default)]
pub struct Books {
    /// Every request: method and path, headers, body.
    pub requests: Vec<(String, String, Vec<u8>)>,
    /// Transactions by jti: id, bytes, outcome.
    pub taken: BTreeMap<String, (String, Vec<u8>, Value)>,
    /// The code with which a record is refused from now on.
    pub refuse: Option<&'static str>,
    /// The problem (status, code) with which a transaction is turned away from now on.
    pub turn_away: Option<(u16, &'static str)>,
    /// The id of a transaction that is turned away as late.
    pub late: Option<String>,
    /// How often a transaction is answered as pending before its outcome.
    pub pending: u32,
    /// Another ledger's id, to be told as its own.
    pub ledger: Option<String>,
    /// Answers to other requests, by path without query.
    pub answers: BTreeMap<String, (u16, Value)>,
    /// The checkpoint.
    pub checkpoint: Option<String>,
}

/// A node for tests: keeps the promises of `POST /v1/transactions` and answers the rest from a list.
pub struct TestNode {
    pub url: String,
    pub books: Arc<Mutex<Books>>,
}

impl TestNode {
    pub fn start() -> TestNode {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let books = Arc::new(Mutex::new(Books::default()));
        let shared = books.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &shared);
            }
        });
        TestNode { url, books }
    }

    /// Bodies sent to `POST /v1/transactions`.
    pub fn sent(&self) -> Vec<Vec<u8>> {
        let books = self.books.lock().unwrap();
        books.requests.iter().filter(|r| r.0 == "POST /v1/transactions").map(|r| r.2.clone()).collect()
    }
}

fn serve(mut stream: TcpStream, books: &Mutex<Books>) {
    let mut bytes = Vec::new();
    let mut buffer = [0u8; 65536];
    let (head, length) = loop {
        let count = stream.read(&mut buffer).unwrap_or(0);
        if count == 0 {
            return;
        }
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok())
            .unwrap_or(0);
        break (head, end + 4 + length);
    };
    while bytes.len() < length {
        let count = stream.read(&mut buffer).unwrap_or(0);
        bytes.extend_from_slice(&buffer[..count]);
    }
    let body = bytes[bytes.len() - (length - head.len() - 4)..].to_vec();
    let line = head.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let request = format!("{} {}", words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut books = books.lock().unwrap();
    books.requests.push((request.clone(), head, body.clone()));
    let (status, text) = answer(&mut books, &request, &body);
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let kind = if status < 400 { "application/json" } else { "application/problem+json" };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nDate: {date}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
}

fn answer(books: &mut Books, request: &str, body: &[u8]) -> (u16, String) {
    let (method, path) = request.split_once(' ').unwrap();
    let path = path.split('?').next().unwrap();
    match (method, path) {
        ("GET", "/v1/status") => {
            let id = books.ledger.clone().unwrap_or_else(|| ledger().to_string());
            let status = json!({ "ledger": id, "origin": "sealane.test/cli", "node": "BANK", "role": "validator",
                "height": 7, "time": 1_790_000_000_000_u64, "logSize": 9, "checkpointSize": 8, "validators": 1, "version": "0" });
            (200, status.to_string())
        }
        ("GET", "/tlog/checkpoint") if books.checkpoint.is_some() => (200, books.checkpoint.clone().unwrap()),
        ("POST", "/v1/transactions") => transaction(books, body),
        _ => match books.answers.get(path) {
            Some((status, value)) => (*status, value.to_string()),
            None => (404, json!({ "title": "Not found", "code": "API-0404" }).to_string()),
        },
    }
}

fn transaction(books: &mut Books, body: &[u8]) -> (u16, String) {
    if let Some((status, code)) = books.turn_away {
        return (status, json!({ "title": "Turned away", "code": code }).to_string());
    }
    let tx = ParsedTx::parse(body, &ledger()).unwrap();
    let (id, jti) = (tx.id().to_string(), jti_of(body));
    if books.late.as_ref() == Some(&id) {
        return (403, json!({ "title": "Late", "code": "TX-1106" }).to_string());
    }
    if let Some((first, bytes, _)) = books.taken.get(&jti)
        && bytes != body
    {
        return (409, json!({ "title": "Taken", "code": "TX-1120", "transaction": { "id": first } }).to_string());
    }
    if books.pending > 0 {
        books.pending -= 1;
        return (202, json!({ "id": id, "status": "pending" }).to_string());
    }
    let refuse = books.refuse;
    let outcome = books.taken.entry(jti).or_insert_with(|| {
        let outcome = match refuse {
            None => json!({ "id": id, "status": "accepted", "height": 8, "index": 0, "time": 1 }),
            Some(code) => json!({ "status": 409, "title": "Refused", "detail": "No.", "code": code, "record": 0, "info": { "free": 5 },
                "transaction": { "id": id, "status": "refused", "height": 8, "index": 0 } }),
        };
        (id.clone(), body.to_vec(), outcome)
    });
    let status = if outcome.2.get("code").is_some() { 409 } else { 200 };
    (status, outcome.2.to_string())
}

/// The jti of a transaction.
pub fn jti_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let claims = text.split('.').nth(1).and_then(chain_core::keys::unb64).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["jti"].as_str().unwrap().to_owned()
}

/// A record id that is none of the ledger's.
pub fn some_record() -> String {
    format!("{}:0", Hash::of(b64(b"x").as_bytes()))
}

/// A bundle for this page with this checkpoint: whole in form only.
pub fn bundle(page: &str, checkpoint: &str) -> Bundle {
    Bundle {
        format: BUNDLE.into(),
        page: bundle_page::hash(page.as_bytes()).unwrap(),
        subject: Subject::Object("x".into()),
        genesis: "{}".into(),
        handovers: vec![],
        checkpoint: checkpoint.into(),
        policy: String::new(),
        block: BlockLeaf { leaf: String::new(), index: 0, path: vec![] },
        state: vec![],
        entries: vec![],
        listings: vec![],
        time: None,
    }
}
