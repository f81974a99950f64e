//! Proposals as they travel: the header and a hash of each transaction's JWT. Transactions were gossiped before, so
//! sending them again inside blocks would double the traffic.
//!
//! A node that lacks some waits for them a moment, then asks its peers. What it is given goes around the pool: a rival
//! under the same jti that waits here must not keep this node from judging the block.

use crate::dataplane::{DataPlane, Message};
use crate::ledger::{Ledger, body};
use crate::mempool::Mempool;
use chain_core::block::{Certificate, Header, WireBlock};
use chain_core::hash::Hash;
use chain_core::tx::{VerifiedTx, jwt_hash, packed::unpack};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a node looks whether what it lacks has come.
const LOOK: Duration = Duration::from_millis(5);
/// It asks its peers at these of its looks, and gives up at the last: the block can still come by sync.
const ASK_AT: [u32; 6] = [12, 40, 100, 200, 300, 400];

/// A proposed block without its transactions.
///
/// Its bytes are bincode 2, standard configuration. Nothing hashes them but the stream that carries them; the header
/// binds the block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompactBlock {
    /// The header.
    pub header: Header,
    /// The certificate of the block before; none at height 1.
    pub certificate: Option<Certificate>,
    /// SHA-256 of each transaction's JWT, in order: it names the disclosures beside it.
    pub jwts: Vec<Hash>,
}

impl CompactBlock {
    /// The compact form of a block's bytes; none for anything that is no block.
    pub fn of_block(bytes: &[u8]) -> Option<CompactBlock> {
        let WireBlock { header, certificate, txs } = body::read(bytes)?;
        let jwts = txs.iter().map(|tx| jwt_hash(tx)).collect();
        Some(CompactBlock { header, certificate, jwts })
    }
}

/// Transactions that peers are asked for.
#[derive(Default)]
pub struct Wanted(Mutex<BTreeMap<Hash, Option<VerifiedTx>>>);

impl Wanted {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Hash, Option<VerifiedTx>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what a peer gives, if it is wanted and verifies.
    pub fn take(&self, ledger: &Ledger, list: &[Vec<u8>]) {
        for bytes in list.iter().filter_map(|packed| unpack(packed)) {
            let jwt = jwt_hash(&bytes);
            if self.lock().get(&jwt).is_some_and(Option::is_none)
                && let Ok(tx) = ledger.verify(&ledger.head(), &bytes)
                && let Some(place) = self.lock().get_mut(&jwt)
            {
                *place = Some(tx);
            }
        }
    }

    /// The transactions of a block, in order; none when some did not come in time.
    pub async fn collect(
        &self,
        jwts: &[Hash],
        mempool: &Mempool,
        plane: &DataPlane,
    ) -> Option<Vec<VerifiedTx>> {
        let mut found: Vec<Option<VerifiedTx>> = jwts.iter().map(|jwt| mempool.verified(jwt)).collect();
        let mut looks = 0;
        while found.iter().any(Option::is_none) {
            looks += 1;
            tokio::time::sleep(LOOK).await;
            let mut lacking = Vec::new();
            for (jwt, place) in jwts.iter().zip(&mut found).filter(|(_, place)| place.is_none()) {
                *place = mempool.verified(jwt).or_else(|| self.lock().get(jwt).cloned().flatten());
                if place.is_none() {
                    lacking.push(*jwt);
                }
            }
            if !lacking.is_empty() && ASK_AT.contains(&looks) {
                if ASK_AT.last() == Some(&looks) {
                    break;
                }
                tracing::debug!(count = lacking.len(), "asking for transactions of a proposed block");
                self.lock().extend(lacking.iter().map(|jwt| (*jwt, None)));
                plane.share(Message::WantTransactions(lacking));
            }
        }
        let mut wanted = self.lock();
        jwts.iter().for_each(|jwt| drop(wanted.remove(jwt)));
        found.into_iter().collect()
    }
}
