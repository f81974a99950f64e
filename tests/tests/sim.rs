//! Many ledgers in one thread: no network, no engine, the real rules on memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use chain_core::block::{Certificate, SignatureBytes};
use chain_core::genesis::Founding;
use chain_core::hash::Hash;
use chain_core::keys::{MemorySigner, PublicKey, Signer as _};
use chain_core::types::{Height, Jti, TimeMs};
use chain_core::vote::precommit_bytes;
use ed25519_dalek::Signer as _;
use node::ledger::{Clock, Ledger, Proposal, Settings, body};
use node::storage::MemoryStorage;
use std::sync::Arc;
use testnet::world::{Authored, Cast, Salts, World, sign};

const START: TimeMs = TimeMs(1_795_000_000_000);

fn founding(cast: &Cast) -> Founding {
    let genesis = cast.genesis("sim.sealane.example/1", START).unwrap();
    Founding::read(&serde_json::to_vec(&genesis).unwrap()).unwrap()
}

fn open(cast: &Cast, storage: Arc<MemoryStorage>) -> Ledger {
    Ledger::open(founding(cast), contracts::all(), storage, Settings { keep_versions: None }).unwrap()
}

fn vote_key(cast: &Cast, n: usize) -> PublicKey {
    MemorySigner::from_seed(&cast.nodes[n].vote).public_key()
}

/// What the first three validators sign for a block.
fn certify(cast: &Cast, ledger: &Ledger, height: Height, block: Hash) -> Certificate {
    let mut signatures: Vec<(PublicKey, SignatureBytes)> = cast.nodes[..3]
        .iter()
        .map(|node| {
            let signer = MemorySigner::from_seed(&node.vote);
            let key = signer.public_key();
            let id = ledger.founding().id.0.0;
            let message = precommit_bytes(&id, height.0, 0, block.as_bytes(), key.as_bytes());
            (key, SignatureBytes(signer.key().sign(&message).to_bytes()))
        })
        .collect();
    signatures.sort_by_key(|(key, _)| *key);
    Certificate { height, round: 0, block, signatures }
}

fn nobody(_: &Hash) -> Option<chain_core::tx::VerifiedTx> {
    None
}

const SYNC: Proposal = Proposal { proposer: None, clock: Clock::Unchecked };

/// Records of a world, as one transaction per author and batch.
fn transactions(cast: &Cast, ledger: &Ledger, seed: u64) -> Vec<Vec<u8>> {
    let world = World::generate(cast, seed, 4, START).unwrap();
    let mut salts = Salts::new(seed, "sim");
    let records = world.enterprise_filings.iter().chain(world.trades.iter().flat_map(|t| t.records()));
    let sign_one = |(n, record): (usize, &Authored)| {
        let by = cast.by_id(&record.by).unwrap();
        let jti = Jti::parse(&format!("sim-{n}")).unwrap();
        sign(by, &[record.draft.clone().into()], &jti, START, &ledger.founding().id, &mut salts).unwrap().bytes
    };
    records.enumerate().map(sign_one).collect()
}

#[test]
fn four_ledgers_agree_on_every_root_and_a_reopened_one_goes_on() {
    let cast = Cast::new(11).unwrap();
    let stores: Vec<Arc<MemoryStorage>> = (0..4).map(|_| Arc::default()).collect();
    let mut ledgers: Vec<Ledger> = stores.iter().map(|s| open(&cast, s.clone())).collect();
    let txs = transactions(&cast, &ledgers[0], 11);
    for (round, chunk) in txs.chunks(9).enumerate() {
        let proposer = round % 4;
        let verified: Vec<_> =
            chunk.iter().map(|b| ledgers[proposer].verify(&ledgers[proposer].head(), b).unwrap()).collect();
        let now = TimeMs(START.0 + 1000 * (round as u64 + 1));
        let block = ledgers[proposer].build(now, vote_key(&cast, proposer), verified).unwrap();
        assert_eq!(block.txs.len(), chunk.len());
        let certificate = certify(&cast, &ledgers[0], block.header.height, block.hash);
        for ledger in &ledgers {
            let checked = ledger.check(body::read(&block.bytes).unwrap(), SYNC, &nobody).unwrap();
            assert_eq!(checked.hash, block.hash);
            ledger.commit(certificate.clone(), &nobody).unwrap();
        }
        // One of them loses its memory after every block.
        let lost = round % 4;
        ledgers[lost] = open(&cast, stores[lost].clone());
        let heads: Vec<_> = ledgers.iter().map(|l| (l.head().hash, l.head().root.hash, l.head().log.root())).collect();
        assert!(heads.windows(2).all(|pair| pair[0] == pair[1]), "round {round}: {heads:?}");
    }
    assert!(ledgers[0].head().height.0 > 5);
}

#[test]
fn no_changed_block_is_accepted() {
    let cast = Cast::new(12).unwrap();
    let ledger = open(&cast, Arc::default());
    let other = open(&cast, Arc::default());
    let txs = transactions(&cast, &ledger, 12);
    let verified: Vec<_> = txs.iter().take(6).map(|b| ledger.verify(&ledger.head(), b).unwrap()).collect();
    let block = ledger.build(TimeMs(START.0 + 1000), vote_key(&cast, 1), verified).unwrap();
    assert!(other.check(body::read(&block.bytes).unwrap(), SYNC, &nobody).is_ok());
    let fresh = open(&cast, Arc::default());
    let (mut refused, mut tried) = (0, 0);
    for at in 0..block.bytes.len() {
        if at > 700 && at % 7 != 0 {
            continue;
        }
        let mut bytes = block.bytes.to_vec();
        bytes[at] ^= 1 << (at % 8);
        tried += 1;
        match body::read(&bytes).map(|block| fresh.check(block, SYNC, &nobody)) {
            None | Some(Err(_)) => refused += 1,
            // Two spellings of one block are one block: its hash, and so everything voted for, is the same.
            Some(Ok(same)) => assert_eq!(same.hash, block.hash, "byte {at}"),
        }
    }
    assert_eq!(fresh.head().height, Height(0));
    println!("changed blocks refused {refused} of {tried}");
    assert!(refused + 8 >= tried, "{refused} of {tried}");
}

#[test]
fn a_replay_and_a_stranger_are_kept_out_of_blocks() {
    let cast = Cast::new(13).unwrap();
    let ledger = open(&cast, Arc::default());
    let txs = transactions(&cast, &ledger, 13);
    let first = ledger.verify(&ledger.head(), &txs[0]).unwrap();
    let now = TimeMs(START.0 + 1000);
    // Twice in one block: once is taken.
    let block = ledger.build(now, vote_key(&cast, 0), [first.clone(), first.clone()]).unwrap();
    assert_eq!(block.txs.len(), 1);
    ledger.commit(certify(&cast, &ledger, Height(1), block.hash), &nobody).unwrap();
    // Again in a later block: not taken.
    let next = ledger.build(TimeMs(now.0 + 1), vote_key(&cast, 0), [first]).unwrap();
    assert_eq!(next.txs.len(), 0);
    // Signed for another ledger.
    let other = Cast::new(99).unwrap();
    let foreign = open(&other, Arc::default());
    assert!(foreign.verify(&foreign.head(), &txs[1]).is_err());
}
