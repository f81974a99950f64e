#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use chain_core::hash::Hash;
use chain_core::keys::{MemorySigner, Signer as _};
use chain_core::record::RecordDraft;
use chain_core::tx::ParsedTx;
use chain_core::tx::build::{Envelope, build};
use chain_core::types::{Jti, LedgerId};

fn tx(member: &str, jti: &str, note: &str) -> VerifiedTx {
    let signer = MemorySigner::from_seed(&[3; 32]);
    let ledger = LedgerId(Hash::ZERO);
    let envelope = Envelope {
        iss: MemberId::parse(member).unwrap(),
        aud: ledger,
        jti: Jti::parse(jti).unwrap(),
        iat: 100,
        submit_by: 200,
    };
    let draft = RecordDraft {
        kind: "a.b/1".into(),
        objects: vec![],
        at: "2026-11-22T01:02:03Z".into(),
        clear: serde_json::json!({ "note": note }).as_object().unwrap().clone(),
        sealed: vec![],
    };
    let built = build(&envelope, &[draft], &[], &signer, || [1; 16]).unwrap();
    ParsedTx::parse(&built.bytes, &ledger).unwrap().verify(&signer.public_key()).unwrap()
}

#[test]
fn members_take_turns_and_keep_their_own_order() {
    let pool = Mempool::new(Limits::default());
    for n in 0..5 {
        assert_eq!(pool.offer(&tx("loud", &format!("l{n}"), "x")), Offered::Added);
    }
    assert_eq!(pool.offer(&tx("quiet", "q0", "x")), Offered::Added);
    let chosen = pool.candidates(usize::MAX, 2);
    let members: Vec<&str> = chosen.iter().map(|t| t.claims().iss.as_str()).collect();
    assert!(members.contains(&"quiet"), "one loud member must not fill a block: {members:?}");
    let all = pool.candidates(usize::MAX, 9);
    let loud: Vec<&str> =
        all.iter().filter(|t| t.claims().iss.as_str() == "loud").map(|t| t.claims().jti.as_str()).collect();
    assert_eq!(loud, ["l0", "l1", "l2", "l3", "l4"]);
}

#[test]
fn one_jti_waits_once_and_a_settled_rival_is_dropped() {
    let pool = Mempool::new(Limits::default());
    let (first, rival) = (tx("a", "j", "first"), tx("a", "j", "rival"));
    assert_eq!(pool.offer(&first), Offered::Added);
    assert_eq!(pool.offer(&first), Offered::Known);
    assert_eq!(pool.offer(&rival), Offered::JtiTaken(first.id()));
    assert!(pool.verified(&first.jwt_hash()).is_some());
    // Another node's block took the rival: the first can never follow.
    assert_eq!(pool.settle(std::iter::once(&rival), TimeMs(0)), [first.id()], "whoever waits for it is told");
    assert_eq!(pool.size(), (0, 0));
    assert!(pool.verified(&first.jwt_hash()).is_none());
}

#[test]
fn a_full_share_refuses_one_member_only_and_time_empties_the_pool() {
    let size = tx("a", "a0", "x").bytes().len();
    let pool = Mempool::new(Limits { bytes: size * 10, member_bytes: size * 2 });
    let offers: Vec<Offered> = (0..3).map(|n| pool.offer(&tx("a", &format!("a{n}"), "x"))).collect();
    assert_eq!(offers, [Offered::Added, Offered::Added, Offered::Full]);
    assert_eq!(pool.offer(&tx("b", "b0", "x")), Offered::Added);
    let late = pool.settle(std::iter::empty(), TimeMs(201_000));
    assert_eq!((late.len(), pool.size()), (3, (0, 0)));
}

#[tokio::test]
async fn whoever_waits_for_so_much_wakes_when_it_is_there() {
    let pool = Mempool::new(Limits::default());
    let first = tx("a", "1", "x");
    let size = first.bytes().len();
    let (mut some, mut three) = (Box::pin(pool.work()), Box::pin(pool.holds(3 * size)));
    assert!(futures::poll!(&mut some).is_pending() && futures::poll!(&mut three).is_pending());
    pool.offer(&first);
    assert!(futures::poll!(&mut some).is_ready(), "something is there");
    assert!(futures::poll!(&mut three).is_pending());
    pool.offer(&tx("a", "2", "x"));
    assert!(futures::poll!(&mut three).is_pending(), "two of three");
    pool.offer(&tx("b", "3", "x"));
    assert!(futures::poll!(&mut three).is_ready());
    assert!(futures::poll!(Box::pin(pool.holds(3 * size))).is_ready(), "at once");
    assert!(futures::poll!(Box::pin(pool.holds(4 * size))).is_pending());
}
