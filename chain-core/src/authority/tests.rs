#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Authority is judged at the height of the block.

use super::*;
use crate::fixtures::{START, id, member, member_key, public, signer};
use crate::hash::Hash;
use crate::member::Role;
use crate::record::RecordDraft;
use crate::tx::build::{Envelope, build};
use crate::types::{Jti, Kind, LedgerId};
use std::collections::BTreeSet;

const LEDGER: LedgerId = LedgerId(Hash([7; 32]));
const NOW: TimeMs = TimeMs(START * 1000);

fn state(members: &[Member]) -> BTreeMap<String, Vec<u8>> {
    let mut state = BTreeMap::new();
    for member in members {
        state.insert(keys::member(&member.id), serde_json::to_vec(member).unwrap());
    }
    let grants = Grants(BTreeMap::from([
        (Kind::parse("test.note/1").unwrap(), BTreeSet::from([Role::Enterprise])),
        (Kind::parse("test.seal/1").unwrap(), BTreeSet::from([Role::Customs])),
    ]));
    state.insert(keys::GRANTS.into(), serde_json::to_vec(&grants).unwrap());
    state
}

/// A transaction of `iss`, signed with the key of `seed`.
fn parsed(iss: &str, seed: u8, kind: &str, iat: u64, submit_by: u64) -> ParsedTx {
    let envelope = Envelope { iss: id(iss), aud: LEDGER, jti: Jti::parse("1").unwrap(), iat, submit_by };
    let draft = RecordDraft {
        kind: kind.into(),
        objects: vec![],
        at: "2026-01-01T00:00:00Z".into(),
        clear: Default::default(),
        sealed: vec![],
    };
    let built = build(&envelope, &[draft], &[], &signer(seed), || [0; 16]).unwrap();
    ParsedTx::parse(&built.bytes, &LEDGER).unwrap()
}

fn judge(members: &[Member], height: u64, tx: ParsedTx) -> Result<(), AuthorityError> {
    let authority = Authority::new(state(members), Height(height)).unwrap();
    authority.admit(authority.verify(tx)?, NOW).map(|_| ())
}

fn note(iss: &str, seed: u8) -> ParsedTx {
    parsed(iss, seed, "test.note/1", START, START + 60)
}

#[test]
fn a_key_counts_from_its_first_height_to_the_one_before_its_end() {
    let trader = member("trader", Role::Enterprise, vec![member_key(1, KeyUse::Record, 10, Some(20))]);
    for (height, good) in [(0, false), (9, false), (10, true), (19, true), (20, false), (21, false), (u64::MAX, false)] {
        let want = if good { Ok(()) } else { Err(AuthorityError::KeyNotValid(public(1).kid())) };
        assert_eq!(judge(std::slice::from_ref(&trader), height, note("trader", 1)), want, "height {height}");
    }
}

#[test]
fn nothing_signed_with_a_revoked_key_enters_though_it_was_verified_before() {
    let trader = |until| member("trader", Role::Enterprise, vec![member_key(1, KeyUse::Record, 0, until)]);
    let before = Authority::new(state(&[trader(None)]), Height(19)).unwrap();
    let verified = before.verify(note("trader", 1)).unwrap();
    assert!(before.admit(verified.clone(), NOW).is_ok());
    // The block at 19 revoked the key as of 20: the signature is still good, the authority is gone.
    let after = Authority::new(state(&[trader(Some(Height(20).0))]), Height(20)).unwrap();
    assert_eq!(after.admit(verified, NOW).unwrap_err(), AuthorityError::KeyNotValid(public(1).kid()));
    // What stands in the block at 19 stays valid when it is replayed.
    let replay = Authority::new(state(&[trader(Some(20))]), Height(19)).unwrap();
    assert!(replay.admit(replay.verify(note("trader", 1)).unwrap(), NOW).is_ok());
}

#[test]
fn a_rotated_key_takes_over_where_the_old_one_ends() {
    let rotated = member(
        "trader",
        Role::Enterprise,
        vec![member_key(1, KeyUse::Record, 0, Some(20)), member_key(2, KeyUse::Record, 20, None)],
    );
    let good = |height, seed| judge(std::slice::from_ref(&rotated), height, note("trader", seed)).is_ok();
    assert_eq!([good(19, 1), good(19, 2), good(20, 1), good(20, 2)], [true, false, false, true]);
}

#[test]
fn only_keys_for_records_sign_transactions() {
    for (purpose, good) in [
        (KeyUse::Record, true),
        (KeyUse::Checker, true),
        (KeyUse::Maker, false),
        (KeyUse::Api, false),
        (KeyUse::Attest, false),
    ] {
        let trader = member("trader", Role::Enterprise, vec![member_key(1, purpose, 0, None)]);
        assert_eq!(judge(&[trader], 1, note("trader", 1)).is_ok(), good, "{purpose:?}");
    }
}

#[test]
fn every_refusal_has_its_code() {
    let trader = member("trader", Role::Enterprise, vec![member_key(1, KeyUse::Record, 0, None)]);
    let other = member("other", Role::Enterprise, vec![member_key(2, KeyUse::Record, 0, None)]);
    let late = Member { since: Height(6), ..trader.clone() };
    let suspended = Member { suspended_from: Some(Height(5)), ..trader.clone() };
    let usual = [trader.clone(), other];
    let table = [
        ("a stranger", &usual[..], note("nobody", 1), 1101),
        ("suspended from this height", &[suspended.clone()][..], note("trader", 1), 1102),
        ("not yet admitted", &[late][..], note("trader", 1), 1102),
        ("another member's key", &usual, note("trader", 2), 1103),
        ("a role that may not", &usual, parsed("trader", 1, "test.seal/1", START, START + 60), 1105),
        ("a kind of nobody", &usual, parsed("trader", 1, "test.other/1", START, START + 60), 1105),
        ("a second late", &usual, parsed("trader", 1, "test.note/1", START - 60, START - 1), 1106),
        ("from the future", &usual, parsed("trader", 1, "test.note/1", START + 3601, START + 3700), 1107),
    ];
    for (what, members, tx, code) in table {
        assert_eq!(judge(members, 5, tx).unwrap_err().code(), code, "{what}");
    }
    let table = [
        ("the last second", &usual[..], 5, parsed("trader", 1, "test.note/1", START - 60, START)),
        ("an hour ahead", &usual, 5, parsed("trader", 1, "test.note/1", START + 3600, START + 3700)),
        ("the height before the suspension", &[suspended], 4, note("trader", 1)),
    ];
    for (what, members, height, tx) in table {
        assert_eq!(judge(members, height, tx), Ok(()), "{what}");
    }
}

#[test]
fn a_wrong_signature_keeps_the_code_of_its_form() {
    let tx = note("trader", 1);
    let mut bytes = tx.bytes().to_vec();
    let place = bytes.iter().position(|b| *b == b'~').unwrap() - 10;
    bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    let trader = member("trader", Role::Enterprise, vec![member_key(1, KeyUse::Record, 0, None)]);
    let error = judge(&[trader], 1, ParsedTx::parse(&bytes, &LEDGER).unwrap()).unwrap_err();
    assert_eq!(error, AuthorityError::Form(TxError::Signature));
    assert_eq!(error.code(), 1021);
}

#[test]
fn a_failing_store_is_no_judgement() {
    let broken = BTreeMap::from([("member/trader".to_owned(), b"not json".to_vec())]);
    let authority = Authority::new(broken, Height(1)).unwrap();
    assert_eq!(authority.verify(note("trader", 1)).unwrap_err().code(), 1100);
}
