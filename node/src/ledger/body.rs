//! A block as nodes store it, and give it to one that catches up: a [`WireBlock`] with its transactions packed.

use chain_core::block::{Certificate, Header, WireBlock};
use chain_core::tx::AdmittedTx;
use chain_core::tx::packed::unpack;

/// The bytes of a block.
///
/// # Errors
/// A sentence: the encoder failed.
pub(crate) fn write(header: &Header, certificate: Option<&Certificate>, txs: &[AdmittedTx]) -> Result<Vec<u8>, String> {
    WireBlock::encode(header, certificate, txs.iter().map(|tx| &**tx.tx().packed()))
}

/// The block with its transactions as they were sent; none for anything that is no block.
pub fn read(bytes: &[u8]) -> Option<WireBlock> {
    let mut block = WireBlock::from_bytes(bytes)?;
    for tx in &mut block.txs {
        *tx = unpack(tx)?;
    }
    Some(block)
}
