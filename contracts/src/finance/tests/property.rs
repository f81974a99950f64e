//! Random calls on one receivable: whatever is sent, nobody's claim is ever uncovered.
use super::kit::*;
use crate::finance::state::{Receivable, Stage, holder_key};
use crate::finance::testkit::Net;
use chain_core::types::{MemberId, RecordId};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Reserve {
        bank: bool,
        minor: u64,
        seconds: u64,
    },
    Pledge {
        bank: bool,
        nth: usize,
        minor: u64,
    },
    /// 0 stands for all that can be paid.
    Repay {
        bank: bool,
        nth: usize,
        minor: u64,
        debtor: bool,
    },
    Release {
        bank: bool,
        nth: usize,
    },
    Dispute {
        open: bool,
    },
    Wait {
        seconds: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let minor = prop_oneof![1..400u64, 1..1_200u64];
    let paid = prop_oneof![Just(0u64), 1..400u64, 1..1_200u64];
    let bank = || proptest::bool::weighted(0.8);
    prop_oneof![
        4 => (bank(), minor.clone(), 1..200u64).prop_map(|(bank, minor, seconds)| Step::Reserve { bank, minor, seconds }),
        4 => (bank(), 0..6usize, minor).prop_map(|(bank, nth, minor)| Step::Pledge { bank, nth, minor }),
        4 => (bank(), 0..6usize, paid, any::<bool>())
            .prop_map(|(bank, nth, minor, debtor)| Step::Repay { bank, nth, minor, debtor }),
        1 => (bank(), 0..8usize).prop_map(|(bank, nth)| Step::Release { bank, nth }),
        1 => any::<bool>().prop_map(|open| Step::Dispute { open }),
        2 => (1..150u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

const FACE: u64 = 1_000;

fn name(bank: bool) -> &'static str {
    if bank { "bank" } else { "rival" }
}

/// The totals that only accepted records change, kept beside the ledger.
#[derive(Default)]
struct Book {
    lent: u64,
    repaid: u64,
    released: u64,
    paid_by_debtor: u64,
}

fn run(net: &mut Net, id: RecordId, step: &Step, book: &mut Book) {
    let before = value(net, id);
    let pick = |ids: Vec<RecordId>, nth: usize| if ids.is_empty() { id } else { ids[nth % ids.len()] };
    let pledges = || before.pledges.iter().map(|p| p.id).collect::<Vec<_>>();
    let outstanding = |pledge: RecordId| before.pledge_of(&pledge).map_or(0, |p| p.outstanding);
    match step {
        Step::Reserve { bank, minor, seconds } => {
            let free = before.free(chain_core::types::TimeMs(net.time.0 + 1));
            let sent = reserve(net, name(*bank), id, *minor, *seconds);
            assert!(sent.code != 0 || *minor <= free);
        }
        Step::Pledge { bank, nth, minor } => {
            let reservation = pick(before.reservations.iter().map(|r| r.id).collect(), *nth);
            let sent = Lend::good(name(*bank), id, reservation, *minor).send(net);
            book.lent += if sent.code == 0 { *minor } else { 0 };
        }
        Step::Repay { bank, nth, minor, debtor } => {
            let pledge = pick(pledges(), *nth);
            let source = if *debtor { "debtor" } else { "borrower" };
            let free = before.free(chain_core::types::TimeMs(net.time.0 + 1));
            let all = outstanding(pledge) + if *debtor { free } else { 0 };
            let minor = if *minor == 0 { all } else { *minor };
            if repay(net, name(*bank), id, pledge, minor, source).code == 0 {
                book.repaid += minor.min(outstanding(pledge));
                book.paid_by_debtor += if *debtor { minor } else { 0 };
            }
        }
        Step::Release { bank, nth } => {
            let held = pick(before.reservations.iter().map(|r| r.id).chain(pledges()).collect(), *nth);
            let mut lend = Lend::good(name(*bank), id, held, 1);
            lend.approved = Some(outstanding(held));
            let mut body = serde_json::json!({ "receivable": id, "encumbrance": held });
            if outstanding(held) > 0 {
                body["maker"] = lend.maker(net, &held, "finance.release/1");
            }
            let draft = crate::finance::testkit::draft("finance.release/1", &[], body, &[]);
            let sent = net.send_with(name(*bank), "checker", &[], &draft);
            book.released += if sent.code == 0 { outstanding(held) } else { 0 };
        }
        Step::Dispute { open } => {
            dispute(net, "seller", id, *open, false);
        }
        Step::Wait { seconds } => net.wait_s(*seconds),
    }
}

fn hold(net: &Net, id: RecordId, book: &Book) {
    let now: Receivable = value(net, id);
    let reserved: u64 = now.live_reservations(net.time).map(|r| r.minor).sum();
    let outstanding: u64 = now.pledges.iter().map(|p| p.outstanding).sum();
    assert!(reserved + outstanding <= now.remaining, "{now:?}");
    assert!(now.remaining <= now.face);
    assert_eq!(now.remaining + book.paid_by_debtor, FACE, "what the debtor paid is what is gone");
    assert_eq!(outstanding + book.repaid + book.released, book.lent, "what was lent is owed, repaid or released");
    assert!(now.pledges.iter().all(|p| 0 < p.outstanding && p.outstanding <= p.minor));
    assert_eq!(now.stage == Stage::Settled, now.remaining == 0);
    let mut held: Vec<String> =
        now.reservations.iter().map(|r| r.id).chain(now.pledges.iter().map(|p| p.id)).map(|e| holder_key(&e)).collect();
    held.sort();
    let keys: Vec<String> = net.state.keys().filter(|key| key.starts_with("holder/")).cloned().collect();
    assert_eq!(held, keys, "every encumbrance has its holder, and no holder is left over");
    assert!(keys.iter().all(|key| net.get::<MemberId>(key).is_some()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn claims_are_always_covered(steps in proptest::collection::vec(step(), 1..40)) {
        let mut net = net();
        let id = confirmed(&mut net, &Make { minor: FACE, ..Make::good(1) });
        let mut book = Book::default();
        for step in &steps {
            run(&mut net, id, step, &mut book);
            hold(&net, id, &book);
        }
    }
}

/// The random steps must really reach the interesting records, or the property says little.
#[test]
fn random_steps_reach_pledges_and_settlement() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut lent, mut repaid, mut released, mut settled) = (0, 0, 0, 0);
    for _ in 0..30 {
        let steps = proptest::collection::vec(step(), 40).new_tree(&mut runner).unwrap().current();
        let mut net = net();
        let id = confirmed(&mut net, &Make { minor: FACE, ..Make::good(1) });
        let mut book = Book::default();
        for step in &steps {
            run(&mut net, id, step, &mut book);
        }
        lent += u64::from(book.lent > 0);
        repaid += u64::from(book.repaid > 0);
        released += u64::from(book.released > 0);
        settled += u64::from(value(&net, id).stage == Stage::Settled);
    }
    assert!(lent > 15 && repaid > 10 && released > 5 && settled > 0, "{lent} {repaid} {released} {settled}");
}
