#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod sigsum;

use super::*;
use crate::fixtures::{Ledger, ORIGIN, signer};
use crate::log::checkpoint::Checkpoint;
use crate::log::merkle::{consistency_proof, leaf_hash};
use crate::log::{Frontier, NodeId};
use crate::receipt::policy_of;
use std::collections::BTreeMap;

/// A log of `size` leaves that say `word`.
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
    fn signed(&self, origin: &str, seeds: &[u8]) -> SignedCheckpoint {
        let checkpoint = Checkpoint::new(origin, self.frontier.size(), self.frontier.root(), vec![]).unwrap();
        let lines = seeds.iter().map(|seed| checkpoint.sign_as_log(signer(*seed).key()).unwrap()).collect();
        SignedCheckpoint::new(checkpoint, lines).unwrap()
    }

    fn request(&self, old: u64) -> AddCheckpoint {
        let proof = consistency_proof(&self.nodes, old.min(self.frontier.size()), self.frontier.size()).unwrap();
        AddCheckpoint { old, proof, checkpoint: self.signed(ORIGIN, &[0x21]) }
    }

    fn seen(&self) -> Seen {
        Seen { size: self.frontier.size(), root: self.frontier.root() }
    }
}

/// One log key is enough: what a witness asks of a log that is not ours.
fn plain() -> Policy {
    let text = crate::log::VerifierKey::for_notes(ORIGIN, &signer(0x21).key().verifying_key()).unwrap().encode();
    Policy::parse(format!("log {text}\nquorum none\n").as_bytes()).unwrap()
}

/// The request of the specification, its proof and checkpoint as printed there.
const EXAMPLE: &str = "old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
";

#[test]
fn the_specifications_request_is_read_and_written() {
    let request = AddCheckpoint::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!((request.old, request.proof.len(), request.checkpoint.checkpoint().size()), (20_852_014, 4, 20_852_163));
    assert_eq!(request.encode(), EXAMPLE);
}

#[test]
fn a_request_has_one_spelling() {
    let good = log(5, "a").request(2).encode();
    assert!(AddCheckpoint::parse(good.as_bytes()).is_ok());
    let hash = good.lines().nth(1).unwrap().to_owned();
    let table = [
        ("nothing", String::new()),
        ("no old size", good.replacen("old 2\n", "", 1)),
        ("another word", good.replacen("old", "Old", 1)),
        ("two spaces", good.replacen("old ", "old  ", 1)),
        ("a leading zero", good.replacen("old 2", "old 02", 1)),
        ("a sign", good.replacen("old 2", "old +2", 1)),
        ("beyond 64 bits", good.replacen("old 2", "old 18446744073709551616", 1)),
        ("a carriage return", good.replacen('\n', "\r\n", 1)),
        ("a short hash", good.replacen(&hash, "AAAA", 1)),
        ("a hash without padding", good.replacen(&hash, hash.trim_end_matches('='), 1)),
        ("64 hashes", good.replacen(&hash, &[hash.as_str(); 64].join("\n"), 1)),
        ("no empty line", good.replacen("\n\n", "\n", 1)),
        ("no checkpoint", good.split_once("\n\n").map(|(head, _)| format!("{head}\n\n")).unwrap()),
        ("cut", good[..good.len() - 1].to_owned()),
    ];
    for (what, text) in table {
        assert_eq!(AddCheckpoint::parse(text.as_bytes()).unwrap_err().status(), 400, "{what}");
    }
    assert_eq!(AddCheckpoint::parse(&[0xff]).unwrap_err(), Refusal::Request);
}

#[test]
fn a_log_is_followed_only_where_it_grows() {
    let (old, new, fork) = (log(5, "a"), log(9, "a"), log(9, "b"));
    let shorter = AddCheckpoint { checkpoint: log(3, "a").signed(ORIGIN, &[0x21]), ..new.request(5) };
    let with = |request: AddCheckpoint, proof: Vec<Hash>| AddCheckpoint { proof, ..request };
    let grown = new.request(5);
    // The witness has signed nothing, or 5 leaves.
    let table: [(&str, Seen, AddCheckpoint, u16); 14] = [
        ("the first", Seen::nothing(), old.request(0), 200),
        ("the first, with a proof", Seen::nothing(), with(old.request(0), vec![Hash::ZERO]), 422),
        ("the empty log", Seen::nothing(), log(0, "a").request(0), 200),
        ("growth", old.seen(), grown.clone(), 200),
        ("the same again", old.seen(), old.request(5), 200),
        ("the same size, another root", old.seen(), log(5, "b").request(5), 422),
        ("the same size, with a proof", old.seen(), with(old.request(5), vec![Hash::ZERO]), 422),
        ("a fork with its own proof", old.seen(), fork.request(5), 422),
        ("a fork with the true proof", old.seen(), with(fork.request(5), grown.proof.clone()), 422),
        ("no proof", old.seen(), with(new.request(5), vec![]), 422),
        (
            "a proof with one hash more",
            old.seen(),
            with(new.request(5), [&grown.proof[..], &[Hash::ZERO]].concat()),
            422,
        ),
        ("another old size", old.seen(), new.request(4), 409),
        ("no old size for a log that is known", old.seen(), new.request(0), 409),
        ("a log that shrank", old.seen(), shorter, 400),
    ];
    for (what, seen, request, want) in table {
        let status = match request.continues(&seen) {
            Ok(next) => {
                assert_eq!(next.size, request.checkpoint.checkpoint().size(), "{what}");
                200
            }
            Err(refusal) => refusal.status(),
        };
        assert_eq!(status, want, "{what}");
    }
    assert_eq!(new.request(4).continues(&old.seen()), Err(Refusal::Conflict(5)));
}

#[test]
fn who_may_speak_for_a_log() {
    let log = log(5, "a");
    let by = |origin: &str, seeds: &[u8]| AddCheckpoint { checkpoint: log.signed(origin, seeds), ..log.request(0) };
    let forged = by(ORIGIN, &[0x21]).encode().replace("\n5\n", "\n6\n");
    let table = [
        ("the log", by(ORIGIN, &[0x21]), 200),
        ("the log among strangers", by(ORIGIN, &[0x29, 0x21]), 200),
        ("strangers", by(ORIGIN, &[0x22]), 403),
        ("another origin", by("other.example/log", &[0x21]), 404),
        ("a signature on another text", AddCheckpoint::parse(forged.as_bytes()).unwrap(), 403),
    ];
    for (what, request, want) in table {
        let status = request.authentic(&[plain()]).map_or_else(|refusal| refusal.status(), |()| 200);
        assert_eq!(status, want, "{what}");
    }
    assert_eq!(by(ORIGIN, &[0x21]).authentic(&[]).unwrap_err().status(), 404);
}

/// A witness that knows the validators asks for their quorum: one of them alone cannot lead it on to a fork.
#[test]
fn of_our_own_ledgers_a_quorum_is_asked_for() {
    let mut ledger = Ledger::new();
    ledger.commit(&[], None);
    let policies = [plain_validators(&ledger), plain_validators(&ledger)];
    let request = |numbers: &[u8]| AddCheckpoint { old: 0, proof: vec![], checkpoint: ledger.checkpoint(numbers) };
    for (numbers, want) in
        [(&[1, 2, 3][..], true), (&[2, 3, 4], true), (&[1, 2], false), (&[1], false), (&[1, 5, 6], false)]
    {
        assert_eq!(request(numbers).authentic(&policies).is_ok(), want, "{numbers:?}");
    }
}

fn plain_validators(ledger: &Ledger) -> Policy {
    policy_of(ORIGIN, &ledger.founding.validators, None).unwrap()
}

#[test]
fn the_answer_409_is_a_size() {
    for (text, want) in
        [("5\n", Some(5)), ("0\n", Some(0)), ("5", None), ("05\n", None), ("5\n\n", None), ("", None), ("x\n", None)]
    {
        assert_eq!(parse_size(text), want, "{text:?}");
    }
    assert_eq!(parse_size(&size_text(20_852_014)), Some(20_852_014));
}
