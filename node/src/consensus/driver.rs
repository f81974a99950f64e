//! Answers the engine. The engine waits for nearly every answer before it sends the next message, so anything
//! heavy runs in a task of its own; blocks checked there go to the engine directly.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use malachite::app::consensus::MisbehaviorEvidence;
use malachite::app::engine::consensus::ConsensusRef;
use malachite::app::engine::host::{HeightParams, Next, SyncedValueOutcome};
use malachite::app::events::RxEvent;
use malachite::app::streaming::StreamContent;
use malachite::app::types::core::{
    CommitCertificate, ExtendedCommitCertificate, ExtendedCommitSignature, LinearTimeouts, Round, Validity, ValueOrigin,
};
use malachite::app::types::streaming::{StreamId, StreamMessage};
use malachite::app::types::sync::RawDecidedValue;
use malachite::app::types::{LocallyProposedValue, PeerId, ProposedValue, SignedConsensusMsg};
use malachite::{AppMsg, ConsensusMsg, NetworkMsg, Reply};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{debug, error, warn};

use super::context::{Address, BlockId, Ctx, Height, Part};
use super::hold::{self, Activity};
use super::signing::{self, Signature, VoteSigner};
use super::stream::{self, Assembler, Complete};
use super::types::{
    Application, BlockHash, Candidate, Certificate, Evidence, NextHeight, Origin, SignedBytes, Verdict, VoteKey,
};
use super::vote_bytes::{self, StreamStatement};

/// Most bytes of blocks in one answer to a node that catches up (at least one block is sent).
const SYNC_BYTES: usize = 8 * 1024 * 1024;

/// What every task needs.
pub(super) struct Shared {
    pub(super) app: Arc<dyn Application>,
    pub(super) ledger_id: [u8; 32],
    pub(super) signer: Option<Arc<dyn VoteSigner>>,
    pub(super) network: mpsc::Sender<NetworkMsg<Ctx>>,
    pub(super) consensus: ConsensusRef<Ctx>,
    pub(super) next: watch::Sender<NextHeight>,
    pub(super) activity: Arc<Activity>,
    pub(super) timeouts: LinearTimeouts,
    pub(super) heartbeat: Option<Duration>,
    /// Number of the next stream; starts at the time of day so that a restart does not repeat one.
    pub(super) streams: AtomicU64,
    /// The highest height that the engine was told to start.
    pub(super) started: AtomicU64,
    /// Set once, with the reason, when a commit has failed.
    pub(super) commit_failed: watch::Sender<Option<(u64, String)>>,
    /// Set when the engine is stopped: holds end.
    pub(super) stopping: watch::Sender<bool>,
    /// The tasks under way.
    pub(super) tasks: Mutex<JoinSet<()>>,
}

/// The loop over the engine's messages. Ends when the engine ends or a commit fails.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut messages: mpsc::Receiver<AppMsg<Ctx>>,
    mut events: RxEvent<Ctx>,
    max_block_bytes: usize,
) {
    let mut assembler = Assembler::<PeerId>::new(max_block_bytes);
    let mut next = shared.next.subscribe();
    let mut failed = shared.commit_failed.subscribe();
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => shared.answer(message, &mut assembler).await,
                None => return,
            },
            Ok(()) = next.changed() => {
                let height = next.borrow_and_update().clone();
                let authentic = |s: &StreamStatement, signature: &[u8; 64]| shared.authentic(&height, s, signature);
                for complete in assembler.advance(height.height, &authentic) {
                    shared.check_live(complete);
                }
            }
            event = events.recv() => shared.observe(event),
            _ = failed.changed() => return,
        }
    }
}

impl Shared {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// End the holds and wait for the rest, so that nothing uses the ledger any more.
    pub(super) async fn finish(&self) {
        self.stopping.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }

    async fn answer(self: &Arc<Self>, message: AppMsg<Ctx>, assembler: &mut Assembler<PeerId>) {
        match message {
            AppMsg::ConsensusReady { reply } => {
                let next = self.next.borrow().clone();
                self.started.store(next.height, Ordering::Relaxed);
                send(reply, (Height(next.height), self.params(&next)));
            }
            AppMsg::StartedRound { height, round, proposer, role, reply_value } => {
                debug!(%height, %round, %proposer, ?role, "round started");
                send(reply_value, self.undecided(height, round).await);
            }
            AppMsg::GetValue { height, round, timeout, reply } => self.propose(height, round, timeout, reply),
            AppMsg::ReceivedProposalPart { from, part, reply, .. } => {
                send(reply, None);
                let StreamContent::Data(content) = part.content else { return };
                let next = self.next.borrow().clone();
                let authentic = |s: &StreamStatement, signature: &[u8; 64]| self.authentic(&next, s, signature);
                let id = part.stream_id.to_bytes();
                if let Some(complete) = assembler.insert(from, &id, part.sequence, content, next.height, &authentic) {
                    self.check_live(complete);
                }
            }
            AppMsg::RestreamProposal { height, round, valid_round, value_id, .. } => {
                self.restream(height, round, valid_round, value_id);
            }
            AppMsg::Decided { certificate, reply, .. } => self.commit(certificate, reply),
            AppMsg::Finalized { certificate, evidence, reply, .. } => {
                self.report(certificate.height, evidence);
                self.start_next(certificate.height, reply);
            }
            AppMsg::GetHistoryMinHeight { reply } => send(reply, Height(self.app.earliest_height().await)),
            AppMsg::GetDecidedValues { range, reply } => {
                let shared = Arc::clone(self);
                self.spawn(async move {
                    send(reply, shared.decided_values(range.start().0, range.end().0).await);
                });
            }
            AppMsg::ProcessSyncedValue { height, round, proposer, value_bytes, reply } => {
                let shared = Arc::clone(self);
                self.spawn(async move {
                    send(reply, shared.check_synced(height, round, proposer, value_bytes).await);
                });
            }
            // Vote extensions are switched off, so neither is asked.
            AppMsg::ExtendVote { reply, .. } => send(reply, None),
            AppMsg::VerifyVoteExtensions { reply, .. } => send(reply, Vec::new()),
        }
    }

    fn params(&self, next: &NextHeight) -> HeightParams<Ctx> {
        HeightParams::new(next.validators.as_ref().clone(), self.timeouts, None)
    }

    fn vote_key(&self) -> Option<VoteKey> {
        self.signer.as_ref().map(|signer| signer.vote_key())
    }

    async fn undecided(&self, height: Height, round: Round) -> Vec<ProposedValue<Ctx>> {
        let Some(number) = round.as_u32() else { return Vec::new() };
        let stored = self.app.undecided(height.0, number).await;
        let value = |kept: super::types::Undecided| ProposedValue {
            height,
            round,
            valid_round: kept.valid_round.into(),
            proposer: Address(kept.proposer),
            value: BlockId(kept.hash),
            validity: Validity::Valid,
        };
        stored.into_iter().map(value).collect()
    }

    fn propose(
        self: &Arc<Self>,
        height: Height,
        round: Round,
        timeout: Duration,
        reply: Reply<LocallyProposedValue<Ctx>>,
    ) {
        let (shared, Some(number)) = (Arc::clone(self), round.as_u32()) else { return };
        self.spawn(async move {
            match shared.app.build(height.0, number, timeout).await {
                Ok(block) => {
                    send(reply, LocallyProposedValue::new(height, round, BlockId(block.hash)));
                    shared.publish(height.0, number, None, block.hash, block.bytes).await;
                }
                // Without an answer the engine's propose timeout passes the round on.
                Err(error) => warn!(%height, %round, %error, "no block to propose"),
            }
        });
    }

    fn restream(self: &Arc<Self>, height: Height, round: Round, valid_round: Round, id: BlockId) {
        let (shared, Some(number)) = (Arc::clone(self), round.as_u32()) else { return };
        self.spawn(async move {
            match shared.app.block_bytes(id.0).await {
                Some(bytes) => shared.publish(height.0, number, valid_round.as_u32(), id.0, bytes).await,
                None => warn!(%height, %round, block = %id, "block to be proposed again is not stored"),
            }
        });
    }

    /// Send a block to all peers, as the proposer of `round`.
    async fn publish(&self, height: u64, round: u32, valid_round: Option<u32>, block_hash: BlockHash, bytes: Bytes) {
        let Some(signer) = &self.signer else { return };
        let statement = StreamStatement {
            height,
            round,
            valid_round,
            block_hash,
            payload_hash: stream::payload_hash(&bytes),
            length: bytes.len() as u64,
            proposer: signer.vote_key(),
        };
        let signature = match signer.sign(&vote_bytes::stream_bytes(&self.ledger_id, &statement)).await {
            Ok(signature) => signature,
            Err(error) => return error!(height, round, %error, "cannot send the proposed block"),
        };
        let id = StreamId::new(stream::stream_id(height, round, self.streams.fetch_add(1, Ordering::Relaxed)));
        let parts = stream::split(&bytes).map(Part::Data);
        for (sequence, part) in (0..).zip(std::iter::once(Part::Init(statement, signature)).chain(parts)) {
            let message = StreamMessage::new(id.clone(), sequence, StreamContent::Data(part));
            if self.network.send(NetworkMsg::PublishProposalPart(message)).await.is_err() {
                return;
            }
        }
    }

    /// Whether the proposer of a stream's round has signed its statement; then its height is live.
    fn authentic(&self, next: &NextHeight, statement: &StreamStatement, signature: &[u8; 64]) -> bool {
        let proposer = next.validators.proposer_entry(statement.height, statement.round);
        let authentic = statement.height == next.height
            && statement.proposer == proposer.address.0
            && statement.valid_round.is_none_or(|valid| valid < statement.round)
            && signing::verify(&proposer.public_key, &vote_bytes::stream_bytes(&self.ledger_id, statement), signature);
        if authentic {
            self.activity.live(statement.height);
        } else {
            warn!(height = statement.height, round = statement.round, "block stream refused: not the proposer's");
        }
        authentic
    }

    /// Check a received block in a task of its own and tell the engine.
    fn check_live(self: &Arc<Self>, complete: Complete) {
        let shared = Arc::clone(self);
        self.spawn(async move {
            let StreamStatement { height, round, valid_round, block_hash, proposer, .. } = complete.statement;
            let Some(bytes) = complete.into_bytes() else {
                return warn!(height, round, "block stream dropped: not the bytes that its proposer stated");
            };
            let candidate = Candidate { height, round, valid_round, proposer, bytes, origin: Origin::Live };
            let validity = match shared.app.check(candidate).await {
                Verdict::Valid(hash) if hash == block_hash => Validity::Valid,
                Verdict::Invalid { hash, reason } if hash == block_hash => {
                    warn!(height, round, reason, "proposed block is invalid");
                    Validity::Invalid
                }
                other => return warn!(height, round, verdict = ?other, "proposed block dropped"),
            };
            let value = ProposedValue {
                height: Height(height),
                round: Round::new(round),
                valid_round: valid_round.into(),
                proposer: Address(proposer),
                value: BlockId(block_hash),
                validity,
            };
            // The same message that the engine makes of an answer to `ReceivedProposalPart`.
            let message = ConsensusMsg::ReceivedProposedValue(value, ValueOrigin::Consensus);
            if let Err(error) = shared.consensus.cast(message.into()) {
                debug!(%error, "engine is gone");
            }
        });
    }

    async fn check_synced(
        &self,
        height: Height,
        round: Round,
        proposer: Address,
        bytes: Bytes,
    ) -> SyncedValueOutcome<Ctx> {
        self.activity.synced(height.0);
        let candidate = Candidate {
            height: height.0,
            round: round.as_u32().unwrap_or(0),
            valid_round: None,
            proposer: proposer.0,
            bytes,
            origin: Origin::Sync,
        };
        let (hash, validity) = match self.app.check(candidate).await {
            Verdict::Valid(hash) => (hash, Validity::Valid),
            Verdict::Invalid { hash, reason } => {
                error!(%height, reason, "this node finds a decided block invalid: is it the same version as the others?");
                (hash, Validity::Invalid)
            }
            Verdict::Malformed(reason) => {
                warn!(%height, reason, "peer sent bytes that are no block");
                return SyncedValueOutcome::PeerFault;
            }
            Verdict::Unavailable(reason) => {
                warn!(%height, reason, "cannot check a decided block now");
                return SyncedValueOutcome::LocalTransientError;
            }
        };
        SyncedValueOutcome::Verdict(ProposedValue {
            height,
            round,
            valid_round: Round::Nil,
            proposer,
            value: BlockId(hash),
            validity,
        })
    }

    async fn decided_values(&self, start: u64, end: u64) -> Vec<RawDecidedValue<Ctx>> {
        let (mut values, mut bytes) = (Vec::new(), 0);
        for height in start..=end {
            let Some((certificate, block)) = self.app.decided(height).await else { break };
            bytes += block.len();
            if bytes > SYNC_BYTES && !values.is_empty() {
                break;
            }
            values.push(RawDecidedValue::new(block, engine_certificate(certificate)));
        }
        values
    }

    fn commit(self: &Arc<Self>, certificate: CommitCertificate<Ctx>, reply: Reply<()>) {
        let shared = Arc::clone(self);
        self.spawn(async move {
            let height = certificate.height.0;
            let app = Arc::clone(&shared.app);
            let commit = tokio::spawn(async move { app.commit(our_certificate(certificate)).await });
            let reason = match commit.await {
                Ok(Ok(next)) => {
                    shared.next.send_replace(next);
                    return send(reply, ());
                }
                Ok(Err(reason)) => reason.0,
                Err(panicked) => panicked.to_string(),
            };
            error!(height, %reason, "commit failed: nothing more is signed");
            shared.commit_failed.send_replace(Some((height, reason)));
        });
    }

    /// Let the next height start once this one is committed and the next is needed.
    fn start_next(self: &Arc<Self>, decided: Height, reply: Reply<Next<Ctx>>) {
        let shared = Arc::clone(self);
        self.spawn(async move {
            let mut stopping = shared.stopping.subscribe();
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => {}
                Some(next) = shared.next_needed(decided.0) => {
                    shared.started.store(next.height, Ordering::Relaxed);
                    send(reply, Next::Start(Height(next.height), shared.params(&next)));
                }
            }
        });
    }

    async fn next_needed(&self, decided: u64) -> Option<NextHeight> {
        let mut committed = self.next.subscribe();
        let next = committed.wait_for(|next| next.height > decided).await.ok()?.clone();
        // Only a validator's start makes others work; whoever just follows is always ready.
        if self.vote_key().is_some_and(|key| next.validators.contains(&key)) {
            let reason = hold::until_needed(&self.app, &self.activity, next.height, self.heartbeat).await;
            debug!(height = next.height, reason, "height starts");
        }
        Some(next)
    }

    fn report(&self, height: Height, evidence: MisbehaviorEvidence<Ctx>) {
        let signed = |message: Vec<u8>, signature: &Signature| SignedBytes { message, signature: signature.0 };
        let id = &self.ledger_id;
        for (offender, pairs) in evidence.proposals.iter() {
            for (a, b) in pairs {
                let first = signed(a.message.signed_bytes(id), &a.signature);
                let second = signed(b.message.signed_bytes(id), &b.signature);
                self.app.evidence(Evidence { height: height.0, offender: offender.0, first, second });
            }
        }
        for (offender, pairs) in evidence.votes.iter() {
            for (a, b) in pairs {
                let first = signed(a.message.signed_bytes(id), &a.signature);
                let second = signed(b.message.signed_bytes(id), &b.signature);
                self.app.evidence(Evidence { height: height.0, offender: offender.0, first, second });
            }
        }
    }

    /// Notice votes and proposals for heights not yet started: they end the hold.
    fn observe(&self, event: Result<Event, tokio::sync::broadcast::error::RecvError>) {
        let started = self.started.load(Ordering::Relaxed);
        let message = match event {
            Ok(Event::Received(message)) => message,
            // Missed some: there is no lack of activity.
            Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => return self.activity.live(started + 1),
            _ => return,
        };
        let height = message.height().0;
        if height <= started || self.activity.is_live(height) {
            return;
        }
        let (author, bytes) = match &message {
            SignedConsensusMsg::Vote(vote) => (vote.message.voter, vote.message.signed_bytes(&self.ledger_id)),
            SignedConsensusMsg::Proposal(proposal) => {
                (proposal.message.proposer, proposal.message.signed_bytes(&self.ledger_id))
            }
        };
        let validators = Arc::clone(&self.next.borrow().validators);
        let authentic = validators
            .get(&author.0)
            .is_some_and(|author| signing::verify(&author.public_key, &bytes, &message.signature().0));
        if authentic {
            self.activity.live(height);
        }
    }
}

type Event = malachite::app::engine::util::events::Event<Ctx>;

/// Answer the engine; it may have stopped meanwhile.
fn send<T>(reply: Reply<T>, answer: T) {
    if reply.send(answer).is_err() {
        debug!("engine no longer waits for this answer");
    }
}

fn our_certificate(certificate: CommitCertificate<Ctx>) -> Certificate {
    let mut signatures: Vec<_> =
        certificate.commit_signatures.iter().map(|entry| (entry.address.0, entry.signature.0)).collect();
    signatures.sort_unstable();
    Certificate {
        height: certificate.height.0,
        round: certificate.round.as_u32().unwrap_or(0),
        block_hash: certificate.value_id.0,
        signatures,
    }
}

fn engine_certificate(certificate: Certificate) -> ExtendedCommitCertificate<Ctx> {
    let entry = |(voter, signature)| ExtendedCommitSignature::new(Address(voter), Signature(signature), None);
    ExtendedCommitCertificate {
        height: Height(certificate.height),
        round: Round::new(certificate.round),
        value_id: BlockId(certificate.block_hash),
        commit_signatures: certificate.signatures.into_iter().map(entry).collect(),
    }
}
