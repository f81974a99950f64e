//! Blocks: what consensus asks of the ledger, and what follows from a decision.

use crate::answers::Answers;
use crate::checkpoint::Checkpoints;
use crate::clock;
use crate::compact::{CompactBlock, Wanted};
use crate::consensus::{
    Application, ApplicationError, Candidate, Certificate as ConsensusCertificate, Evidence, NextHeight, Origin,
    ProposedBlock, Undecided, ValidatorKey, ValidatorSet as ConsensusSet, Verdict,
};
use crate::dataplane::{self, DataPlane, Message};
use crate::high_water::HighWater;
use crate::ledger::{BlockError, Clock, Head, Ledger, LedgerError, Prepared, Proposal, body};
use crate::mempool::Mempool;
use crate::metrics::Metrics;
use crate::pace::Pace;
use crate::query;
use crate::storage::{Batch, Table};
use async_trait::async_trait;
use bytes::Bytes;
use chain_core::block::{Certificate, SignatureBytes};
use chain_core::hash::Hash;
use chain_core::keys::PublicKey;
use chain_core::tx::{VerifiedTx, packed::pack};
use chain_core::types::Height;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The ledger as consensus sees it.
pub struct Blocks {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// What waits.
    pub mempool: Arc<Mempool>,
    /// Who waits.
    pub answers: Arc<Answers>,
    /// Checkpoint signatures.
    pub checkpoints: Arc<Checkpoints>,
    /// The height that this node must not vote below.
    pub high_water: Arc<HighWater>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// This node's vote key, if it has one.
    pub vote_key: Option<PublicKey>,
    /// The way to the other nodes.
    pub plane: DataPlane,
    /// Transactions of proposed blocks that this node lacks.
    pub wanted: Wanted,
    /// When the next block may begin.
    pub pace: Pace,
}

/// What is stored with an undecided block.
#[derive(Serialize, Deserialize)]
struct About {
    valid_round: Option<u32>,
    proposer: [u8; 32],
}

fn next_height(head: &Head) -> Result<NextHeight, ApplicationError> {
    let height = head.height.next();
    let validators: Vec<ValidatorKey> =
        head.validators.iter().map(|v| ValidatorKey { vote_key: *v.vote.as_bytes(), power: 1 }).collect();
    let skipped: Vec<[u8; 32]> =
        head.skips.at(&head.validators, height).iter().map(|key| *key.as_bytes()).collect();
    let set = ConsensusSet::new(&validators, &skipped).map_err(|e| ApplicationError(e.to_string()))?;
    Ok(NextHeight { height: height.0, validators: Arc::new(set) })
}

fn from_consensus(certificate: &ConsensusCertificate) -> Option<Certificate> {
    let mut signatures = Vec::with_capacity(certificate.signatures.len());
    for (key, signature) in &certificate.signatures {
        signatures.push((PublicKey::from_bytes(*key).ok()?, SignatureBytes(*signature)));
    }
    signatures.sort_by_key(|(key, _)| *key);
    Some(Certificate {
        height: Height(certificate.height),
        round: certificate.round,
        block: Hash(certificate.block_hash),
        signatures,
    })
}

fn to_consensus(certificate: &Certificate) -> ConsensusCertificate {
    ConsensusCertificate {
        height: certificate.height.0,
        round: certificate.round,
        block_hash: certificate.block.0,
        signatures: certificate.signatures.iter().map(|(key, s)| (*key.as_bytes(), s.0)).collect(),
    }
}

fn compact_bytes(block: &[u8]) -> Result<Bytes, LedgerError> {
    let compact = CompactBlock::of_block(block).ok_or_else(|| LedgerError::Damaged("unreadable block".into()))?;
    Ok(crate::ledger::encode(&compact)?.into())
}

impl Blocks {
    /// Runs ledger work where it may take its time.
    async fn off_thread<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Blocks) -> T + Send + 'static,
    ) -> Result<T, ApplicationError> {
        let own = self.clone();
        tokio::task::spawn_blocking(move || work(&own)).await.map_err(|e| ApplicationError(e.to_string()))
    }

    fn keep(&self, block: &Prepared, round: u32, about: &About) -> Result<(), LedgerError> {
        self.ledger.store_undecided(block, round, &crate::ledger::encode(about)?)
    }

    fn build_now(&self, round: u32) -> Result<ProposedBlock, BlockError> {
        let head = self.ledger.head();
        let proposer = self.vote_key.ok_or(BlockError::Header("proposer"))?;
        let height = head.height.next();
        for (hash, about) in self.ledger.undecided_in(height, round)? {
            let own = crate::ledger::decode::<About>(&about)
                .is_some_and(|a| a.proposer == *proposer.as_bytes() && a.valid_round.is_none());
            if let Some(bytes) = self.ledger.undecided_bytes(height, &hash)?.filter(|_| own) {
                let compact = compact_bytes(&bytes).map_err(BlockError::Ledger)?;
                return Ok(ProposedBlock { hash: hash.0, bytes: compact });
            }
        }
        let params = head.authority.params();
        let bytes = usize::try_from(params.block_bytes).unwrap_or(usize::MAX);
        let candidates = self.mempool.candidates(bytes, usize::try_from(params.block_txs).unwrap_or(usize::MAX));
        let block = self.ledger.build(clock::now(), proposer, candidates)?;
        self.keep(&block, round, &About { valid_round: None, proposer: *proposer.as_bytes() })?;
        let compact = CompactBlock {
            header: block.header.clone(),
            certificate: block.previous_certificate.clone(),
            jwts: block.txs.iter().map(|tx| tx.tx().jwt_hash()).collect(),
        };
        Ok(ProposedBlock { hash: block.hash.0, bytes: crate::ledger::encode(&compact).map_err(LedgerError::from)?.into() })
    }

    fn check_now(&self, candidate: &Candidate, txs: Option<(CompactBlock, Vec<VerifiedTx>)>) -> Verdict {
        let head = self.ledger.head();
        if candidate.height != head.height.next().0 {
            return Verdict::Unavailable(format!("the head is at {}", head.height));
        }
        let clock = match candidate.origin {
            Origin::Sync => Clock::Unchecked,
            Origin::Live if candidate.round == 0 => Clock::Near(clock::now()),
            Origin::Live => Clock::NotAfter(clock::now()),
        };
        // A block that is proposed again may be another validator's; so may one from sync.
        let own = candidate.valid_round.is_none() && candidate.origin == Origin::Live;
        let proposer = match PublicKey::from_bytes(candidate.proposer) {
            Ok(key) => own.then_some(key),
            Err(_) => return Verdict::Malformed("the proposer has no usable key".into()),
        };
        let proposal = Proposal { proposer, clock };
        let (stated, checked) = match txs {
            Some((compact, txs)) => (
                compact.header.hash(),
                self.ledger.check_verified(compact.header, compact.certificate, txs, proposal),
            ),
            None => {
                let Some(block) = body::read(&candidate.bytes) else { return Verdict::Malformed("not a block".into()) };
                (block.header.hash(), self.ledger.check(block, proposal, &|jwt| self.mempool.verified(jwt)))
            }
        };
        match checked {
            Ok(block) => {
                let about = About { valid_round: candidate.valid_round, proposer: candidate.proposer };
                match self.keep(&block, candidate.round, &about) {
                    Ok(()) => Verdict::Valid(block.hash.0),
                    Err(error) => Verdict::Unavailable(error.to_string()),
                }
            }
            Err(error) if error.is_local() => Verdict::Unavailable(error.to_string()),
            Err(error) => {
                tracing::warn!(height = candidate.height, %error, "refused a proposed block");
                Verdict::Invalid { hash: stated.0, reason: error.to_string() }
            }
        }
    }

    /// Answers a peer that lacks transactions of a proposed block: from the pool, or from a block that waits for its
    /// decision.
    pub fn give_transactions(&self, jwts: &[Hash]) {
        let mut given: Vec<Vec<u8>> = Vec::new();
        let mut lacking = BTreeSet::new();
        for jwt in jwts {
            match self.mempool.verified(jwt) {
                Some(tx) => given.push(tx.packed().to_vec()),
                None => drop(lacking.insert(*jwt)),
            }
        }
        if !lacking.is_empty() {
            match self.ledger.undecided_transactions(&lacking) {
                Ok(found) => given.extend(found.iter().map(|tx| pack(tx))),
                Err(error) => tracing::error!(%error, "undecided blocks could not be read"),
            }
        }
        // A message is bounded; whoever lacks more asks again.
        let mut bytes = 0;
        given.retain(|tx| {
            bytes += tx.len() + 8;
            bytes < dataplane::MAX_MESSAGE
        });
        if !given.is_empty() {
            self.plane.share(Message::GivenTransactions(given));
        }
    }

    fn store_evidence(&self, evidence: &Evidence) -> Result<(), LedgerError> {
        let parts = (
            evidence.offender,
            (&evidence.first.message, evidence.first.signature.to_vec()),
            (&evidence.second.message, evidence.second.signature.to_vec()),
        );
        let mut batch = Batch::default();
        let key = [&evidence.height.to_be_bytes()[..], &evidence.offender].concat();
        batch.put(Table::Evidence, &key, crate::ledger::encode(&parts)?);
        Ok(self.ledger.storage().write(batch)?)
    }

    fn commit_now(&self, certificate: &ConsensusCertificate) -> Result<NextHeight, ApplicationError> {
        let fail = |e: &dyn std::fmt::Display| ApplicationError(e.to_string());
        let began = Instant::now();
        let previous_second = self.ledger.head().time.seconds();
        let certificate =
            from_consensus(certificate).ok_or_else(|| ApplicationError("unusable certificate".into()))?;
        let verified = |jwt: &Hash| self.mempool.verified(jwt);
        let committed = Arc::new(self.ledger.commit(certificate, &verified).map_err(|e| fail(&e))?);
        // The block is on disk. The mark outside the database follows it.
        self.high_water.raise(committed.head.height).map_err(|e| fail(&e))?;
        let block = &committed.block;
        let mut dropped = self.mempool.settle(block.txs.iter().map(|tx| tx.tx()), committed.head.time);
        if block.changes_members() {
            let head = &committed.head;
            dropped.extend(self.mempool.retain(|tx| head.authority.admit(tx.clone(), head.time).is_ok()));
        }
        self.checkpoints.committed(&committed, previous_second).map_err(|e| fail(&e))?;
        self.metrics.committed(&committed, began.elapsed());
        self.pace.worked(began);
        self.pace.decided();
        self.answers.announce(&committed, &dropped);
        next_height(&committed.head)
    }
}

/// [`Blocks`] behind the handle that consensus holds.
pub struct Decider(pub Arc<Blocks>);

#[async_trait]
impl Application for Decider {
    async fn start(&self) -> NextHeight {
        loop {
            match next_height(&self.0.ledger.head()) {
                Ok(next) => return next,
                Err(error) => {
                    tracing::error!(%error, "the validator set cannot be used");
                    tokio::time::sleep(Duration::from_secs(5)).await;
                }
            }
        }
    }

    async fn build(&self, height: u64, round: u32, _: Duration) -> Result<ProposedBlock, ApplicationError> {
        let head = self.0.ledger.head().height;
        if height != head.next().0 {
            return Err(ApplicationError(format!("asked for height {height}, the head is at {head}")));
        }
        let work = move |blocks: &Blocks| {
            let began = Instant::now();
            let built = blocks.build_now(round).map_err(|e| e.to_string());
            blocks.pace.worked(began);
            built
        };
        self.0.off_thread(work).await?.map_err(ApplicationError)
    }

    async fn check(&self, candidate: Candidate) -> Verdict {
        let mut txs = None;
        if candidate.origin == Origin::Live {
            let most = self.0.ledger.head().authority.params().block_txs as usize;
            let compact = crate::ledger::decode::<CompactBlock>(&candidate.bytes);
            let Some(compact) = compact.filter(|compact| compact.jwts.len() <= most) else {
                return Verdict::Malformed("not a proposed block".into());
            };
            match self.0.wanted.collect(&compact.jwts, &self.0.mempool, &self.0.plane).await {
                Some(found) => txs = Some((compact, found)),
                None => return Verdict::Unavailable("some of its transactions did not come in time".into()),
            }
        }
        let work = move |blocks: &Blocks| {
            let began = Instant::now();
            let verdict = blocks.check_now(&candidate, txs);
            blocks.pace.worked(began);
            verdict
        };
        match self.0.off_thread(work).await {
            Ok(verdict) => verdict,
            Err(error) => Verdict::Unavailable(error.to_string()),
        }
    }

    async fn undecided(&self, height: u64, round: u32) -> Vec<Undecided> {
        let found = self.0.ledger.undecided_in(Height(height), round).unwrap_or_default();
        found
            .into_iter()
            .filter_map(|(hash, about)| {
                let about: About = crate::ledger::decode(&about)?;
                Some(Undecided { hash: hash.0, valid_round: about.valid_round, proposer: about.proposer })
            })
            .collect()
    }

    async fn block_bytes(&self, hash: [u8; 32]) -> Option<Bytes> {
        let height = self.0.ledger.head().height.next();
        let bytes = self.0.ledger.undecided_bytes(height, &Hash(hash)).ok().flatten()?;
        compact_bytes(&bytes).ok()
    }

    async fn commit(&self, certificate: ConsensusCertificate) -> Result<NextHeight, ApplicationError> {
        self.0.off_thread(move |blocks| blocks.commit_now(&certificate)).await?
    }

    async fn decided(&self, height: u64) -> Option<(ConsensusCertificate, Bytes)> {
        let own = self.0.clone();
        tokio::task::spawn_blocking(move || {
            let certificate = query::certificate(&own.ledger, Height(height)).ok()??;
            let bytes = query::block_bytes(&own.ledger, Height(height)).ok()??;
            Some((to_consensus(&certificate), Bytes::from(bytes)))
        })
        .await
        .ok()
        .flatten()
    }

    async fn earliest_height(&self) -> u64 {
        1
    }

    async fn work(&self) {
        self.0.mempool.work().await;
        let rest = self.0.pace.pause().saturating_sub(self.0.metrics.since_commit());
        let block = self.0.ledger.head().authority.params().block_bytes;
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            // A full block waits for nothing.
            () = self.0.mempool.holds(usize::try_from(block).unwrap_or(usize::MAX)) => {}
        }
    }

    fn evidence(&self, evidence: Evidence) {
        self.0.metrics.misbehaviour();
        tracing::error!(height = evidence.height, "a validator signed two contradictory messages");
        if let Err(error) = self.0.store_evidence(&evidence) {
            tracing::error!(%error, "the evidence could not be stored");
        }
    }
}
