//! Executes an exported ledger again, with nothing but the pure crates: no database, no network, no clock.
//!
//! ```text
//! sealane export --data DATA -o ledger.sealane
//! sealane-replay ledger.sealane
//! ```
//!
//! One line per block: height, block hash, state root, log root. Any difference to what the headers say ends it.

use chain_core::archive::Archive;
use chain_core::block::{BlockPayload, Header, WireBlock};
use chain_core::genesis::Founding;
use chain_core::replay::Replay;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: sealane-replay FILE, a file that `sealane export` wrote")?;
    let bytes = std::fs::read(path)?;
    let archive = Archive::read(&bytes)?;
    let founding = Founding::read(archive.genesis)?;
    let more = contracts::genesis_state(&founding.genesis);
    let mut ledger = Replay::begin(founding, contracts::all(), more)?;
    for bytes in archive.blocks {
        let height = ledger.height().next();
        let header = apply(&mut ledger, bytes).map_err(|error| format!("block {height}: {error}"))?;
        println!("{height} {} {} {}", header.hash(), header.state_root, header.log_root);
    }
    Ok(())
}

fn apply(ledger: &mut Replay, bytes: &[u8]) -> Result<Header, Box<dyn Error>> {
    let WireBlock { header: said, certificate, txs } = WireBlock::from_bytes(bytes).ok_or("not a block")?;
    let payload = BlockPayload { proposer: said.proposer, certificate };
    let made = ledger.apply(said.time, &payload, &txs)?.header;
    let same = |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("another {what} than the header says")) };
    same(said.transactions == made.transactions, "list of transactions")?;
    same(said.state_root == made.state_root, "state root")?;
    same(said.log_size == made.log_size && said.log_root == made.log_root, "log root")?;
    same(said.validators == made.validators && said.next_validators == made.next_validators, "validators")?;
    same(said == made, "header")?;
    Ok(made)
}
