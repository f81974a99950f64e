//! Writing a whole ledger into one file, [`chain_core::archive`], and opening it again; or into a folder with every
//! proof, [`export_folder`].

mod folder;

pub use folder::{Exported, export_folder};

use crate::ledger::{BlockError, Clock, Ledger, LedgerError, Proposal, Settings};
use crate::query;
use crate::storage::{RocksStorage, Storage, StorageError};
use chain_core::archive::{Archive, ArchiveError, frame_head};
use chain_core::block::{Certificate, WireBlock};
use chain_core::genesis::{Founding, GenesisError};
use chain_core::types::Height;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a ledger was not exported, or an export not opened.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no database in the folder.
    #[error("{0} holds no ledger; give the folder that `data` in node.toml names")]
    NoLedger(PathBuf),
    /// The database did not open.
    #[error("the database did not open ({0}); stop the node first")]
    Open(StorageError),
    /// The genesis is unusable.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A block is missing, or too long for a frame.
    #[error("block {0} is missing or too long; fetch the ledger again")]
    Block(Height),
    /// Nothing that could be checked.
    #[error("no checkpoint covers the ledger yet; start the node, wait a minute, and export again")]
    NoCheckpoint,
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    Write(#[from] std::io::Error),
    /// The file is no archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// What should be a block of the file is none.
    #[error("block {0} of the file cannot be read; export it again")]
    NoBlock(Height),
    /// A block of the file is invalid.
    #[error("block {height} of the file: {error}")]
    Invalid {
        /// Its height.
        height: Height,
        /// Why.
        error: BlockError,
    },
}

/// Opens the ledger in a node's data folder. The node must be stopped.
///
/// # Errors
/// There is none, another process has it open, or it belongs to another genesis.
pub fn open_folder(data: &Path, genesis: &[u8]) -> Result<Ledger, ExportError> {
    let folder = data.join("ledger");
    // Opening would make an empty one.
    if !folder.join("CURRENT").is_file() {
        return Err(ExportError::NoLedger(folder));
    }
    let founding = Founding::read(genesis)?;
    let storage = Arc::new(RocksStorage::open(&folder).map_err(ExportError::Open)?);
    Ok(Ledger::open(founding, contracts::all(), storage, Settings { keep_versions: None })?)
}

/// Writes the genesis file and every block up to the head, as [`chain_core::archive`] lays it out.
///
/// `genesis` are the bytes of the genesis file of this ledger.
///
/// # Errors
/// The store or the file failed.
pub fn export(ledger: &Ledger, genesis: &[u8], out: &mut dyn Write) -> Result<Height, ExportError> {
    export_until(ledger, genesis, ledger.head().height, out)
}

/// As [`export`], up to the block of a height.
fn export_until(
    ledger: &Ledger,
    genesis: &[u8],
    last: Height,
    out: &mut dyn Write,
) -> Result<Height, ExportError> {
    let mut frame = |height: Height, bytes: &[u8]| {
        out.write_all(&frame_head(bytes).ok_or(ExportError::Block(height))?)?;
        Ok::<_, ExportError>(out.write_all(bytes)?)
    };
    frame(Height::GENESIS, genesis)?;
    for height in (1..=last.0).map(Height) {
        let block = query::wire_block(ledger, height)?.ok_or(ExportError::Block(height))?;
        let bytes = block.to_bytes().map_err(|error| LedgerError::Storage(StorageError(error)))?;
        frame(height, &bytes)?;
    }
    out.flush()?;
    Ok(last)
}

/// Executes every block of an exported file on an empty store, and compares all that the headers say: state root,
/// log root, validators. Certificates are checked where the file has them: for every block but its last.
///
/// # Errors
/// The first block that is not what it says.
pub fn replay(file: &[u8], storage: Arc<dyn Storage>) -> Result<Ledger, ExportError> {
    let archive = Archive::read(file)?;
    let settings = Settings { keep_versions: None };
    let ledger = Ledger::open(Founding::read(archive.genesis)?, contracts::all(), storage, settings)?;
    for (index, bytes) in archive.blocks.iter().enumerate() {
        let height = ledger.head().height.next();
        let proposal = Proposal { proposer: None, clock: Clock::Unchecked };
        let block = WireBlock::from_bytes(bytes).ok_or(ExportError::NoBlock(height))?;
        let block = ledger.check(block, proposal, &|_| None).map_err(|error| ExportError::Invalid { height, error })?;
        let next = archive.blocks.get(index + 1).and_then(|next| WireBlock::from_bytes(next)?.certificate);
        let missing = Certificate { height, round: 0, block: block.hash, signatures: Vec::new() };
        ledger.commit(next.unwrap_or(missing), &|_| None)?;
    }
    Ok(ledger)
}
