//! Writing a whole ledger into a folder that can be checked without this software: `FORMAT.md`, section 13.

use super::{ExportError, export_until};
use crate::ledger::log::read_tile;
use crate::ledger::view::at_height;
use crate::ledger::{Ledger, LedgerError};
use crate::query::{self, ProofError};
use crate::storage::{Direction, Table};
use chain_core::log::tiles::{self, FULL_WIDTH, TileKind, TilePath, all_tiles};
use chain_core::types::Height;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// State keys read at a time.
const ROWS: usize = 1024;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Height of the last block.
    pub height: Height,
    /// Leaves of the log.
    pub size: u64,
    /// Keys of the state.
    pub keys: u64,
}

/// Writes everything that the newest checkpoint covers. `folder` must not be there yet; what was written of it is
/// removed when this fails.
///
/// # Errors
/// There is no checkpoint, this node has forgotten the state of its height, or the store or the folder failed.
pub fn export_folder(ledger: &Ledger, genesis: &[u8], folder: &Path) -> Result<Exported, ExportError> {
    fs::create_dir(folder)?;
    let done = write(ledger, genesis, folder);
    if done.is_err() {
        // Half a ledger would be taken for a whole one.
        let _ = fs::remove_dir_all(folder);
    }
    done
}

fn write(ledger: &Ledger, genesis: &[u8], folder: &Path) -> Result<Exported, ExportError> {
    let (checkpoint, handovers) = query::covered(ledger).map_err(|error| match error {
        ProofError::Ledger(error) => ExportError::Ledger(error),
        _ => ExportError::NoCheckpoint,
    })?;
    let size = checkpoint.checkpoint().size();
    let height = query::height_of_size(ledger, size)?;
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        Ok::<_, ExportError>(file.sync_all()?)
    };
    let json = |error: serde_json::Error| ExportError::Ledger(LedgerError::Damaged(error.to_string()));
    put("genesis.json", genesis)?;
    put("handovers.json", &serde_json::to_vec(&handovers).map_err(json)?)?;
    let certificate = query::certificate(ledger, height)?.ok_or(ExportError::Block(height))?;
    put("certificate.json", &serde_json::to_vec(&certificate).map_err(json)?)?;
    for tile in all_tiles(size).filter(|tile| tile.kind() != TileKind::Payloads) {
        if tile.kind() == TileKind::Entries {
            // Leaves and payloads come from the same blocks: read once, written twice.
            let (entries, payloads) = bundles(ledger, &tile)?;
            put(&tile.to_string(), &entries)?;
            put(&same_place(&tile)?.to_string(), &payloads)?;
        } else {
            put(&tile.to_string(), &hashes(ledger, &tile)?)?;
        }
    }
    let mut file = BufWriter::new(File::create_new(folder.join("state.jsonl"))?);
    let keys = write_state(ledger, height, &mut file)?;
    file.get_ref().sync_all()?;
    let mut file = BufWriter::new(File::create_new(folder.join("ledger.archive"))?);
    export_until(ledger, genesis, height, &mut file)?;
    file.get_ref().sync_all()?;
    // Last, so that a folder with a checkpoint is whole.
    put("checkpoint", checkpoint.encode().as_bytes())?;
    Ok(Exported { height, size, keys })
}

fn damaged(what: impl std::fmt::Display) -> ExportError {
    ExportError::Ledger(LedgerError::Damaged(what.to_string()))
}

fn same_place(tile: &TilePath) -> Result<TilePath, ExportError> {
    TilePath::new(TileKind::Payloads, tile.index(), tile.width()).map_err(damaged)
}

fn hashes(ledger: &Ledger, tile: &TilePath) -> Result<Vec<u8>, ExportError> {
    let TileKind::Hashes(level) = tile.kind() else { return Err(damaged("not a hash tile")) };
    let stored = read_tile(&**ledger.storage(), level, tile.index()).unwrap_or_default();
    let wanted = stored.get(..usize::from(tile.width())).ok_or_else(|| damaged(format!("{tile} is missing")))?;
    Ok(wanted.iter().flat_map(|hash| hash.0).collect())
}

fn bundles(ledger: &Ledger, tile: &TilePath) -> Result<(Vec<u8>, Vec<u8>), ExportError> {
    let width = usize::from(tile.width());
    let entries = query::entries(ledger, tile.index() * u64::from(FULL_WIDTH), width)?;
    if entries.len() != width {
        return Err(damaged(format!("{tile} is missing")));
    }
    let (leaves, payloads): (Vec<_>, Vec<_>) = entries.into_iter().map(|entry| (entry.leaf, entry.payload)).unzip();
    let leaves = tiles::encode_entry_bundle(&leaves).map_err(damaged)?;
    Ok((leaves, tiles::encode_payload_bundle(&payloads).map_err(damaged)?))
}

/// A line `["<key>","<value>"]` for each key that has a value after the block of `height`, in the order of keys.
fn write_state(ledger: &Ledger, height: Height, out: &mut dyn Write) -> Result<u64, ExportError> {
    let storage = &**ledger.storage();
    let store = |error| ExportError::Ledger(LedgerError::Storage(error));
    let (mut from, mut count) = (Vec::new(), 0);
    loop {
        let rows = storage.scan(Table::State, b"", &from, Direction::Forward, ROWS).map_err(store)?;
        for (key, _) in &rows {
            let key = std::str::from_utf8(key).map_err(damaged)?;
            let Some(value) = at_height(storage, key, height).map_err(store)? else { continue };
            let value = String::from_utf8(value).map_err(damaged)?;
            out.write_all(serde_json::to_string(&(key, value)).map_err(damaged)?.as_bytes())?;
            out.write_all(b"\n")?;
            count += 1;
        }
        match rows.last() {
            Some((key, _)) if rows.len() == ROWS => from = [key.as_slice(), &[0]].concat(),
            _ => break,
        }
    }
    out.flush()?;
    Ok(count)
}
