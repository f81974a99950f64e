//! Two banks that want the same receivables at the same moment, each through its own node: exactly one gets each,
//! both know, and both can prove it to anybody who has the genesis file.
//!
//! `SEALANE_RACE` sets the number of receivables (default 200).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chain_core::receipt::{StateProof, Trust, verify};
use chain_core::record::RecordDraft;
use chain_core::tx::build::Built;
use chain_core::types::{Currency, Jti, RecordId, TimeMs, TxId};
use contracts::dates::Date;
use contracts::finance::calls::Decision;
use contracts::finance::state::{Receivable, Stage, receivable_key};
use contracts::registry::calls::ObjectType;
use futures::StreamExt as _;
use reqwest::StatusCode;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testnet::client::{Client, now_s, trust};
use testnet::network::TestNetwork;
use testnet::world::drafts::{confirm_draft, object_draft, reserve_draft};
use testnet::world::receivable::{PledgeTerms, ReceivableIds, pledge_draft, receivable_draft};
use testnet::world::{Cast, MemberSigner, SaltedDraft, Salts, Trade, sign};
use tokio::sync::Mutex;

/// Races that run at the same time.
const AT_ONCE: usize = 16;
/// Places of the banks' own nodes: bank A runs a validator, bank B follows.
const NODE_OF_BANK: [usize; 2] = [2, 4];
/// How long a proof may take. Generous: the test judges whether, not how fast.
const PATIENCE: Duration = Duration::from_secs(60);
/// Not enough of the receivable is free.
const NOT_FREE: u16 = 6008;
/// No reservation of one's own.
const NO_RESERVATION: u16 = 6301;

/// One network after the other, so that both get through on a small machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// The network and its two rivals.
struct Arena {
    network: TestNetwork,
    trust: Trust,
    /// Each bank at its own node.
    banks: [(MemberSigner, Client); 2],
    /// Bank A at every node, to look at the state there.
    windows: Vec<Client>,
    start: TimeMs,
    _folder: TempDir,
}

/// A confirmed receivable.
struct Prize {
    index: u32,
    id: RecordId,
    minor: u64,
    currency: Currency,
    until: Date,
}

/// A final answer as its receipt proves it.
struct Final {
    id: TxId,
    height: u64,
    /// 0 when accepted, else the code of the refusal.
    code: u16,
}

impl Arena {
    async fn open(seed: u64) -> Arena {
        let folder = tempfile::tempdir().unwrap();
        let start = TimeMs(now_s() * 1000);
        let mut network = TestNetwork::prepare(folder.path(), Cast::new(seed).unwrap(), 5, start).unwrap();
        network.network.start().await.unwrap();
        let rival = |member: &MemberSigner, node| (member.clone(), network.client(node, member));
        let banks = [rival(&network.cast.bank_a, NODE_OF_BANK[0]), rival(&network.cast.bank_b, NODE_OF_BANK[1])];
        for (bank, node) in banks.iter().zip(NODE_OF_BANK) {
            assert_eq!(network.network.nodes[node].member, bank.0.id.to_string(), "each bank at its own node");
        }
        let windows = (0..5).map(|node| network.client(node, &network.cast.bank_a)).collect();
        let trust = trust(&network.founding);
        Arena { network, trust, banks, windows, start, _folder: folder }
    }

    /// Signs one record; `what` makes its number unique.
    fn sign(&self, member: &MemberSigner, what: &str, drafts: &[SaltedDraft]) -> Built {
        let jti = Jti::parse(&format!("race-{what}")).unwrap();
        let mut salts = Salts::new(self.network.cast.seed, &format!("{}/{what}", member.nick));
        sign(member, drafts, &jti, TimeMs(now_s() * 1000), &self.network.founding.id, &mut salts).unwrap()
    }

    /// Submits where it must be accepted, through the nodes in turn.
    async fn put(&self, index: u32, member: &MemberSigner, what: &str, drafts: Vec<SaltedDraft>) -> TxId {
        let built = self.sign(member, &format!("{what}-{index}"), &drafts);
        let node = &self.windows[index as usize / 2 % self.windows.len()];
        node.submit_accepted(what, &built.bytes).await.unwrap();
        built.id
    }

    /// Records the trade's documents, registers its receivable and has it confirmed.
    async fn prize(&self, index: u32) -> Prize {
        let cast = &self.network.cast;
        let trade = Trade::generate(cast, cast.seed, index, self.start).unwrap();
        let (claim, papers) = (trade.claim().unwrap(), &trade.documents);
        let own = [&papers.order, &papers.list, &trade.declaration].map(|record| {
            assert_eq!(record.by, trade.seller);
            record.draft.clone().into()
        });
        let (seller, carrier) = (cast.by_id(&trade.seller).unwrap(), cast.by_id(&papers.waybill.by).unwrap());
        let waybill = vec![papers.waybill.draft.clone().into()];
        let (own, waybill) =
            tokio::join!(self.put(index, seller, "papers", own.to_vec()), self.put(index, carrier, "waybill", waybill));
        let record = |tx, index| RecordId { tx, index };
        let ids = ReceivableIds {
            order: record(own, 0),
            waybill: record(waybill, 0),
            list: record(own, 1),
            declaration: record(own, 2),
            policy: None,
        };
        let now = TimeMs(now_s() * 1000);
        let mut salts = Salts::new(cast.seed, &format!("claim/{index}"));
        let ready = receivable_draft(cast, &trade, &ids, &self.network.founding.id, &mut salts, now).unwrap();
        let id = record(self.put(index, seller, "receivable", vec![ready.salted]).await, 0);
        let yes = confirm_draft(id, Decision::Confirm, ready.capacity, ready.confirmer_salt, now).unwrap();
        let confirmer = cast.by_id(&claim.confirmer).unwrap();
        self.put(index, confirmer, "confirm", vec![yes.into()]).await;
        let (minor, currency) = (claim.minor, claim.invoice.currency.clone());
        Prize { index, id, minor, currency, until: claim.due.plus_days(30).unwrap() }
    }

    async fn prizes(&self) -> Vec<Prize> {
        let count: u32 = std::env::var("SEALANE_RACE").map_or(200, |text| text.parse().expect("a number"));
        // Exports have even numbers.
        futures::stream::iter((0..count).map(|n| self.prize(2 * n))).buffer_unordered(AT_ONCE).collect().await
    }

    /// The bank's reservation of the whole receivable.
    fn reservation(&self, bank: usize, prize: &Prize) -> Built {
        let draft = reserve_draft(prize.id, prize.minor, 24 * 3600, TimeMs(now_s() * 1000)).unwrap();
        self.sign(&self.banks[bank].0, &format!("reserve-{}", prize.index), &[draft.into()])
    }

    /// The bank's pledge of the whole receivable, from a reservation.
    fn pledge(&self, bank: usize, prize: &Prize, reservation: TxId) -> Built {
        let member = &self.banks[bank].0;
        let terms = PledgeTerms {
            receivable: prize.id,
            encumbrance: RecordId { tx: reservation, index: 0 },
            minor: prize.minor,
            currency: prize.currency.clone(),
            until: prize.until,
            register_no: format!("SAMPLE-{:06}", prize.index),
        };
        let draft: RecordDraft =
            pledge_draft(member, &self.network.founding.id, &terms, TimeMs(now_s() * 1000)).unwrap();
        self.sign(member, &format!("pledge-{}", prize.index), &[draft.into()])
    }

    /// Submits at the bank's own node: the answer is final, 200 or 409 with a finance code, and names the transaction.
    async fn ask(&self, bank: usize, built: &Built) -> Final {
        let answer = self.banks[bank].1.submit(&built.bytes, 60).await.unwrap();
        let body = answer.json();
        let (told, code) = match answer.status {
            StatusCode::OK => (&body, 0),
            StatusCode::CONFLICT => {
                let code = answer.code();
                let digits = code.strip_prefix("FIN-").unwrap_or_else(|| panic!("a finance code, not {}", answer.text));
                (&body["transaction"], digits.parse().unwrap())
            }
            other => panic!("no final answer: {other} {}", answer.text),
        };
        assert_eq!(told["id"], built.id.to_string(), "{}", answer.text);
        assert_eq!(told["status"], if code == 0 { "accepted" } else { "refused" });
        Final { id: built.id, height: told["height"].as_u64().unwrap(), code }
    }

    /// The receipt of the answer, from the bank's own node, says the same and holds offline.
    async fn receipt(&self, bank: usize, answer: &Final) {
        let (member, client) = &self.banks[bank];
        let record = RecordId { tx: answer.id, index: 0 };
        let text = client.receipt(&record).await.unwrap();
        let proved = verify(text.as_bytes(), &self.trust).unwrap();
        assert_eq!((proved.transaction, proved.issuer.as_str()), (answer.id, member.id.as_str()));
        assert_eq!((proved.accepted, proved.code), (answer.code == 0, answer.code));
        assert_eq!((proved.height.0, proved.records[0].0), (answer.height, record));
        let altered = text.replacen("sealane", "sealame", 1);
        assert!(verify(altered.as_bytes(), &self.trust).is_err(), "another origin does not hold");
    }

    /// The receivable at every node, proved offline, not older than a height.
    async fn proved(&self, prize: &Prize, height: u64) -> Receivable {
        let key = receivable_key(&prize.id);
        let mut found: Option<Receivable> = None;
        for window in &self.windows {
            let deadline = Instant::now() + PATIENCE;
            let value: Receivable = loop {
                let answer = window.get(&format!("/v1/state?key={key}")).await.unwrap();
                if answer.status == StatusCode::OK {
                    let state = StateProof::verify(answer.text.as_bytes(), &self.trust).unwrap();
                    assert_eq!(state.key, key);
                    if state.height.0 >= height {
                        break serde_json::from_str(&state.value.expect("the receivable is there")).unwrap();
                    }
                }
                assert!(Instant::now() < deadline, "no proof of {key} at {height}: {} {}", answer.status, answer.text);
                tokio::time::sleep(Duration::from_millis(200)).await;
            };
            assert!(found.as_ref().is_none_or(|before| *before == value), "the nodes prove different states");
            found = Some(value);
        }
        found.unwrap()
    }

    /// The one pledge, and nothing else, encumbers the receivable.
    async fn belongs_to(&self, prize: &Prize, pledge: &Final) {
        let value = self.proved(prize, pledge.height).await;
        assert_eq!((value.stage, value.remaining, value.reservations.len()), (Stage::Confirmed, prize.minor, 0));
        let held: Vec<_> = value.pledges.iter().map(|pledge| (pledge.id.tx, pledge.outstanding)).collect();
        assert_eq!(held, [(pledge.id, prize.minor)]);
    }

    /// Both banks reserve everything at the same moment; the winner pledges. Gives the winner.
    async fn reserve_race(&self, prize: &Prize) -> usize {
        let bids = [0, 1].map(|bank| self.reservation(bank, prize));
        let (a, b) = tokio::join!(self.ask(0, &bids[0]), self.ask(1, &bids[1]));
        let answers = [a, b];
        let winner = winner([answers[0].code, answers[1].code], NOT_FREE);
        let pledge = self.ask(winner, &self.pledge(winner, prize, bids[winner].id)).await;
        assert_eq!(pledge.code, 0, "whoever holds the reservation can pledge");
        tokio::join!(self.receipt(0, &answers[0]), self.receipt(1, &answers[1]), self.receipt(winner, &pledge));
        self.belongs_to(prize, &pledge).await;
        winner
    }

    /// Reserves and then pledges, whatever became of the reservation.
    async fn reserve_and_pledge(&self, bank: usize, prize: &Prize) -> [Final; 2] {
        let bid = self.reservation(bank, prize);
        let reserved = self.ask(bank, &bid).await;
        let pledged = self.ask(bank, &self.pledge(bank, prize, bid.id)).await;
        self.receipt(bank, &reserved).await;
        self.receipt(bank, &pledged).await;
        [reserved, pledged]
    }

    /// Both banks reserve and pledge side by side. Gives the winner.
    async fn pledge_race(&self, prize: &Prize) -> usize {
        let (a, b) = tokio::join!(self.reserve_and_pledge(0, prize), self.reserve_and_pledge(1, prize));
        let won = winner([a[0].code, b[0].code], NOT_FREE);
        assert_eq!(winner([a[1].code, b[1].code], NO_RESERVATION), won, "the pledge follows the reservation");
        let pledge = if won == 0 { &a[1] } else { &b[1] };
        let end = a.iter().chain(&b).map(|answer| answer.height).max().unwrap();
        self.belongs_to(prize, &Final { height: end, ..*pledge }).await;
        won
    }
}

/// The one of two that was accepted while the other was refused with a code.
fn winner(codes: [u16; 2], refused: u16) -> usize {
    match codes {
        [0, code] if code == refused => 0,
        [code, 0] if code == refused => 1,
        _ => panic!("not exactly one winner: {codes:?}, a loser is told {refused}"),
    }
}

fn report(what: &str, winners: &[usize], began: Instant) {
    let of_a = winners.iter().filter(|winner| **winner == 0).count();
    let [all, of_b] = [winners.len(), winners.len() - of_a];
    println!(
        "{what}: {all} receivables, bank A (validator) won {of_a}, bank B (follower) {of_b}, in {:?}",
        began.elapsed()
    );
}

/// Of two banks that reserve the same receivable at the same moment, exactly one gets it; both have a final answer
/// and a receipt that holds offline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_banks_reserves() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let arena = Arena::open(21).await;
    let prizes = arena.prizes().await;
    let began = Instant::now();
    let races = prizes.iter().map(|prize| arena.reserve_race(prize));
    let winners: Vec<usize> = futures::stream::iter(races).buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(winners.len(), prizes.len());
    report("reserved by two, pledged by the winner", &winners, began);
}

/// Of two banks that reserve and pledge the same receivable side by side, exactly one ends up with a pledge, and
/// every node proves it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_banks_pledges() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let arena = Arena::open(22).await;
    let prizes = arena.prizes().await;
    let began = Instant::now();
    let races = prizes.iter().map(|prize| arena.pledge_race(prize));
    let winners: Vec<usize> = futures::stream::iter(races).buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(winners.len(), prizes.len());
    report("reserved and pledged by two", &winners, began);
}

/// A member signs two transactions under one jti and sends each to another node at the same moment: one gets in, on
/// every node, the other is told at once that it never will, and the ledger goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rivals_under_one_jti_hold_nobody_up() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let arena = Arena::open(23).await;
    let firm = arena.network.cast.enterprises[0].clone();
    let clients: Vec<Client> = (0..5).map(|node| arena.network.client(node, &firm)).collect();
    let mut slowest = Duration::ZERO;
    for n in 0..20 {
        let twins = ["a", "b"].map(|twin| {
            let parcel = object_draft(&format!("twin:{n}-{twin}"), ObjectType::Parcel, None, arena.start).unwrap();
            arena.sign(&firm, &format!("twins-{n}"), &[parcel.into()])
        });
        let began = Instant::now();
        let (one, other) = (&clients[n % 5], &clients[(n + 1) % 5]);
        let (a, b) = tokio::join!(one.submit(&twins[0].bytes, 30), other.submit(&twins[1].bytes, 30));
        slowest = slowest.max(began.elapsed());
        let answers = [a.unwrap(), b.unwrap()];
        let won: Vec<usize> = (0..2).filter(|i| answers[*i].status == StatusCode::OK).collect();
        assert_eq!(won.len(), 1, "{} and {}", answers[0].text, answers[1].text);
        let lost = &answers[1 - won[0]];
        assert_eq!((lost.status, lost.code().as_str()), (StatusCode::CONFLICT, "TX-1120"), "{}", lost.text);
        let height = answers[won[0]].json()["height"].as_u64().unwrap();
        for client in &clients {
            client.wait_height(height, PATIENCE).await.unwrap();
            let again = client.submit(&twins[won[0]].bytes, 0).await.unwrap();
            assert_eq!((again.status, again.json()["height"].as_u64()), (StatusCode::OK, Some(height)));
            let never = client.submit(&twins[1 - won[0]].bytes, 0).await.unwrap();
            assert_eq!(never.code(), "TX-1120", "{}", never.text);
        }
    }
    println!("20 pairs under one jti: slowest pair answered in {slowest:?}");
    assert!(slowest < PATIENCE / 2, "a loser waits for nothing: {slowest:?}");
}
