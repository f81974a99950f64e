#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::super::{AskError, Client};
use super::*;
use chain_core::log::merkle::{consistency_proof, leaf_hash};
use chain_core::log::{Checkpoint, Frontier, NodeId};

const ORIGIN: &str = "log.example/a";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// A log that says `word`, signed by the seed 1.
struct Log {
    nodes: BTreeMap<NodeId, Hash>,
    frontier: Frontier,
}

fn log(size: usize, word: &str) -> Log {
    let mut log = Log { nodes: BTreeMap::new(), frontier: Frontier::new() };
    for n in 0..size {
        log.nodes.extend(log.frontier.push(leaf_hash(format!("{word} {n}").as_bytes())));
    }
    log
}

impl Log {
    fn request(&self, old: u64) -> AddCheckpoint {
        self.request_of(ORIGIN, 1, old)
    }

    fn request_of(&self, origin: &str, seed: u8, old: u64) -> AddCheckpoint {
        let checkpoint = Checkpoint::new(origin, self.frontier.size(), self.frontier.root(), vec![]).unwrap();
        let line = checkpoint.sign_as_log(&key(seed)).unwrap();
        let proof = consistency_proof(&self.nodes, old.min(self.frontier.size()), self.frontier.size()).unwrap();
        AddCheckpoint { old, proof, checkpoint: SignedCheckpoint::new(checkpoint, vec![line]).unwrap() }
    }
}

fn settings(folder: &Path) -> WitnessSettings {
    let log = VerifierKey::for_notes(ORIGIN, &key(1).verifying_key()).unwrap();
    WitnessSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        name: "w.example/1".into(),
        key: key(2),
        logs: vec![watched(log.encode().as_bytes()).unwrap()],
        state: folder.join("state.json"),
    }
}

fn status(result: Result<SignatureLine, AskError>) -> u16 {
    match result {
        Ok(_) => 200,
        Err(AskError::Conflict(_)) => 409,
        Err(AskError::Refused { status, .. }) => status,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn over_http_with_the_specifications_statuses_and_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let serving = serve(settings(folder.path())).await.unwrap();
    let url = format!("http://{}/", serving.address);
    let client = Client::new(serving.key.clone(), &url).unwrap();
    let (five, nine, fork) = (log(5, "a"), log(9, "a"), log(9, "b"));
    let table = [
        ("the first", five.request(0), 200),
        ("a wrong old size", nine.request(0), 409),
        ("growth", nine.request(5), 200),
        ("the same again", nine.request(9), 200),
        ("back", five.request(5), 409),
        ("a fork of the same size", fork.request(9), 422),
        ("a fork that has grown", log(12, "b").request(9), 422),
        ("an old size beyond", five.request(9), 400),
        ("a stranger's signature", nine.request_of(ORIGIN, 3, 9), 403),
        ("a log that is not watched", nine.request_of("log.example/b", 1, 0), 404),
    ];
    for (what, request, want) in table {
        assert_eq!(status(client.add_checkpoint(&request).await), want, "{what}");
    }
    let Err(AskError::Conflict(9)) = client.add_checkpoint(&nine.request(1)).await else {
        panic!("the size signed last")
    };
    // What monitors get: the log's line and the witness's.
    let shown = format!("{url}{}/checkpoint", Hash::of(ORIGIN.as_bytes()).to_hex());
    let text = reqwest::get(&shown).await.unwrap().text().await.unwrap();
    let signed = SignedCheckpoint::parse(text.as_bytes()).unwrap();
    assert_eq!((signed.checkpoint().size(), signed.signatures().len()), (9, 2));
    assert_eq!(reqwest::get(format!("{url}00/checkpoint")).await.unwrap().status(), 404);
    let http = reqwest::Client::new();
    assert_eq!(http.post(format!("{url}add-checkpoint")).body("old 1\n").send().await.unwrap().status(), 400);
    let long = "x".repeat(MAX_REQUEST_BYTES + 1);
    assert_eq!(http.post(format!("{url}add-checkpoint")).body(long).send().await.unwrap().status(), 413);
    assert!(matches!(serve(settings(folder.path())).await, Err(WitnessError::InUse(_))), "two with one file");
    // Connections that clients keep open hold it back.
    drop((serving, client, http));
    // A restart does not forget.
    let mut again = serve(settings(folder.path())).await;
    for _ in 0..150 {
        if again.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        again = serve(settings(folder.path())).await;
    }
    let again = again.unwrap();
    let client = Client::new(again.key.clone(), &format!("http://{}", again.address)).unwrap();
    assert_eq!(status(client.add_checkpoint(&log(12, "b").request(9)).await), 422);
    assert_eq!(status(client.add_checkpoint(&log(12, "a").request(9)).await), 200);
}

#[test]
fn nothing_is_signed_that_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let own = settings(folder.path());
    let witness = Witness {
        key: VerifierKey::for_cosignatures(&own.name, &own.key.verifying_key()).unwrap(),
        signer: own.key,
        logs: own.logs,
        // A folder that is not there: the file cannot be written.
        file: folder.path().join("gone/state.json"),
        kept: Mutex::default(),
        _lock: File::create(folder.path().join("lock")).unwrap(),
    };
    let body = log(5, "a").request(0).encode();
    assert!(matches!(witness.judge(body.as_bytes(), 1), Err(Answer::Failed(_))));
    assert!(witness.kept.lock().unwrap().logs.is_empty(), "what was not kept does not count");
}

#[test]
fn a_state_that_is_not_one_stops_the_witness() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    assert!(load(&file).unwrap().logs.is_empty());
    let last = Last { size: 3, root: Hash::ZERO, checkpoint: "x".into() };
    store(&file, &Kept { logs: BTreeMap::from([(ORIGIN.to_owned(), last)]) }).unwrap();
    assert_eq!(load(&file).unwrap().logs[ORIGIN].size, 3);
    for text in ["", "{}x", "[]", "{\"logs\":{\"a\":{}}}"] {
        std::fs::write(&file, text).unwrap();
        assert!(matches!(load(&file), Err(WitnessError::State(_))), "{text:?}");
    }
}

#[test]
fn what_may_speak_for_a_log() {
    let log_key = VerifierKey::for_notes(ORIGIN, &key(1).verifying_key()).unwrap().encode();
    let cosigner =
        |n: u8| VerifierKey::for_cosignatures(&format!("{ORIGIN}/{n}"), &key(n).verifying_key()).unwrap().encode();
    let ours = format!(
        "log {log_key}\nwitness a {}\nwitness b {}\ngroup validators 1 a\ngroup witnesses 1 b\ngroup consortium all validators witnesses\nquorum consortium\n",
        cosigner(5),
        cosigner(6)
    );
    let policy = watched(ours.as_bytes()).unwrap();
    let text = String::from_utf8(policy.encode()).unwrap();
    assert!(text.ends_with("quorum validators\n"), "{text}");
    assert!(watched(format!("log {log_key}\nquorum none\n").as_bytes()).is_ok());
    assert!(watched(format!("{log_key}\n").as_bytes()).is_ok());
    for bad in ["", "{}", "log x\nquorum none\n", &cosigner(5)] {
        assert!(watched(bad.as_bytes()).is_err(), "{bad:?}");
    }
}
