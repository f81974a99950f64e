//! Executes an exported ledger again, with nothing but the pure crates: no database, no network, no clock.
//!
//! ```text
//! sealane export --data DATA -o ledger.sealane
//! sealane-replay ledger.sealane
//! ```
//!
//! One line per block: height, block hash, state root, log root. Any difference to what the headers say ends it.

use chain_core::archive::Archive;
use chain_core::authority::Authority;
use chain_core::block::{Header, Leaf, WireBlock, transactions_hash};
use chain_core::execute::{BlockContext, execute};
use chain_core::genesis::Founding;
use chain_core::hash::Hash;
use chain_core::log::merkle::{Frontier, leaf_hash};
use chain_core::state::{StateFault, StateRead, keys, load};
use chain_core::tree::{self, Page, PageId, PageReader, Root};
use chain_core::tx::{AdmittedTx, ParsedTx};
use chain_core::types::{Height, TimeMs};
use chain_core::validators::ValidatorSet;
use std::collections::BTreeMap;
use std::error::Error;

type State = BTreeMap<String, Vec<u8>>;

#[derive(Default)]
struct Pages(BTreeMap<Vec<u8>, Page>);

impl PageReader for Pages {
    type Error = std::convert::Infallible;

    fn page(&self, id: &PageId) -> Result<Option<Page>, Self::Error> {
        Ok(self.0.get(&id.to_bytes()).cloned())
    }
}

/// The state, borrowed for the members and their rights.
struct View<'a>(&'a State);

impl StateRead for View<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateFault> {
        StateRead::get(self.0, key)
    }
}

/// The ledger after some block.
struct Ledger {
    founding: Founding,
    state: State,
    pages: Pages,
    root: Root,
    log: Frontier,
    hash: Hash,
    time: TimeMs,
    height: Height,
    validators: ValidatorSet,
    /// Validators of the block before, for its certificate.
    before: ValidatorSet,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: sealane-replay FILE, a file that `sealane export` wrote")?;
    let bytes = std::fs::read(path)?;
    let archive = Archive::read(&bytes)?;
    let mut ledger = Ledger::begin(archive.genesis)?;
    for bytes in archive.blocks {
        let height = ledger.height.next();
        let header = ledger.apply(bytes).map_err(|error| format!("block {height}: {error}"))?;
        println!("{height} {} {} {}", header.hash(), header.state_root, header.log_root);
    }
    Ok(())
}

impl Ledger {
    fn begin(genesis: &[u8]) -> Result<Ledger, Box<dyn Error>> {
        let founding = Founding::read(genesis)?;
        let mut state = founding.state()?;
        state.extend(contracts::genesis_state(&founding.genesis));
        let mut ledger = Ledger {
            hash: founding.id.0,
            time: founding.genesis.time,
            height: Height::GENESIS,
            validators: founding.validators.clone(),
            before: founding.validators.clone(),
            state: State::new(),
            pages: Pages::default(),
            root: Root::EMPTY,
            log: Frontier::default(),
            founding,
        };
        let writes = state.into_iter().map(|(key, value)| (key, Some(value))).collect();
        ledger.write(writes, Height::GENESIS)?;
        Ok(ledger)
    }

    /// Puts values into the state and its tree.
    fn write(&mut self, writes: BTreeMap<String, Option<Vec<u8>>>, height: Height) -> Result<(), Box<dyn Error>> {
        let hashed = |(key, value): (&String, &Option<Vec<u8>>)| {
            (Hash::of(key.as_bytes()), value.as_ref().map(|value| Hash::of(value)))
        };
        let changes = writes.iter().map(hashed).collect();
        let update = tree::update(&self.pages, &self.root, height.0, &changes).map_err(|e| e.to_string())?;
        for (id, page) in update.new_pages {
            self.pages.0.insert(id.to_bytes(), page);
        }
        self.root = update.root;
        for (key, value) in writes {
            match value {
                Some(value) => self.state.insert(key, value),
                None => self.state.remove(&key),
            };
        }
        Ok(())
    }

    fn apply(&mut self, bytes: &[u8]) -> Result<Header, Box<dyn Error>> {
        let WireBlock { header, certificate, txs } = WireBlock::from_bytes(bytes).ok_or("not a block")?;
        let height = self.height.next();
        let same = |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("another {what} than the header says")) };
        same(header.ledger == self.founding.id && header.height == height && header.previous == self.hash, "place")?;
        same(header.time > self.time && header.validators == self.validators.hash(), "time or validators")?;
        same(header.transactions == transactions_hash(txs.iter().map(Vec::as_slice)), "list of transactions")?;
        match &certificate {
            None => same(height == Height(1) && header.previous_certificate == Hash::ZERO, "certificate")?,
            Some(certificate) => {
                let right = certificate.height == self.height && certificate.block == self.hash;
                same(right && certificate.hash() == header.previous_certificate, "certificate")?;
                certificate.verify(&self.founding.id, &self.before)?;
            }
        }

        let contracts = contracts::all();
        let authority = Authority::new(View(&self.state), height)?;
        let admit = |bytes: &Vec<u8>| -> Result<AdmittedTx, Box<dyn Error>> {
            let parsed = ParsedTx::parse(bytes, &self.founding.id)?;
            contracts.check_form(parsed.records())?;
            Ok(authority.admit(authority.verify(parsed)?, header.time)?)
        };
        let txs = txs.iter().map(admit).collect::<Result<Vec<_>, _>>()?;
        let block = BlockContext { ledger: self.founding.id, height, time: header.time };
        let executed = execute(&contracts, &self.state, authority.params(), block, &txs)?;
        self.write(executed.writes, height)?;
        let next: ValidatorSet = load(&self.state, keys::VALIDATORS)?.ok_or("no validators")?;

        for (index, (tx, outcome)) in txs.iter().zip(&executed.outcomes).enumerate() {
            let leaf = Leaf::tx(height, u32::try_from(index)?, tx.tx(), outcome);
            self.log.push(leaf_hash(&leaf.to_bytes()));
        }
        let end = Leaf::Block {
            height,
            time: header.time,
            previous: self.hash,
            state_root: self.root.hash,
            validators: self.validators.hash(),
            next_validators: next.hash(),
        };
        self.log.push(leaf_hash(&end.to_bytes()));
        same(header.state_root == self.root.hash, "state root")?;
        same(header.log_size == self.log.size() && header.log_root == self.log.root(), "log root")?;
        same(header.next_validators == next.hash(), "next validators")?;

        (self.height, self.time, self.hash) = (height, header.time, header.hash());
        self.before = std::mem::replace(&mut self.validators, next);
        Ok(header)
    }
}
