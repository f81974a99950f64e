//! A server that answers from files which its test wrote, and counts what it is asked.
use crate::stage::Stage;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it serves, and what it was asked.
#[derive(Default)]
struct Books {
    files: BTreeMap<String, Vec<u8>>,
    asked: Vec<String>,
    silent_after: Option<String>,
    silent: bool,
}

/// The server.
pub struct Liar {
    /// Where it is.
    pub url: String,
    books: Arc<Mutex<Books>>,
}

impl Liar {
    /// Serves files by path (`/tlog/checkpoint` …) in the name of the ledger's first node.
    pub fn start(stage: &Stage, files: BTreeMap<String, Vec<u8>>) -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let founding = &stage.net.founding;
        let status = json!({
            "ledger": founding.id, "origin": founding.genesis.origin, "node": stage.net.cast.nodes[0].member,
            "role": "validator", "height": 1, "time": 1, "logSize": 1, "checkpointSize": 1, "validators": 4, "version": "0",
        });
        let books = Arc::new(Mutex::new(Books { files, ..Books::default() }));
        books.lock().unwrap().files.insert("/v1/status".into(), status.to_string().into_bytes());
        let shared = books.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || answer(stream, &shared));
            }
        });
        Liar { url, books }
    }

    /// From now on serves these.
    pub fn tell(&self, files: BTreeMap<String, Vec<u8>>) {
        self.books.lock().unwrap().files.extend(files);
    }

    /// Changes one of the files.
    pub fn change(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(self.books.lock().unwrap().files.get_mut(path).unwrap_or_else(|| panic!("{path}")));
    }

    /// Changes a byte of every file whose path begins so.
    pub fn spoil(&self, prefix: &str) {
        let mut books = self.books.lock().unwrap();
        books.files.iter_mut().filter(|(path, _)| path.starts_with(prefix)).for_each(|(_, bytes)| bytes[0] ^= 1);
    }

    /// Serves a file no longer.
    pub fn withhold(&self, path: &str) {
        self.books.lock().unwrap().files.remove(path).unwrap();
    }

    /// Hangs up on everybody once it has given this file.
    pub fn silent_after(&self, path: &str) {
        self.books.lock().unwrap().silent_after = Some(path.into());
    }

    /// Answers again.
    pub fn speak(&self) {
        let mut books = self.books.lock().unwrap();
        (books.silent, books.silent_after) = (false, None);
    }

    /// How often it was asked for a path.
    pub fn asked(&self, path: &str) -> usize {
        self.books.lock().unwrap().asked.iter().filter(|asked| *asked == path).count()
    }
}

fn answer(mut stream: TcpStream, books: &Mutex<Books>) {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    while !bytes.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let mut books = books.lock().unwrap();
    if books.silent {
        return;
    }
    books.silent = books.silent_after.as_ref() == Some(&path);
    let (status, body) = match books.files.get(&path) {
        Some(body) => (200, body.clone()),
        None => (404, br#"{"title":"Not Found","status":404,"code":"API-0404"}"#.to_vec()),
    };
    books.asked.push(path);
    drop(books);
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}
