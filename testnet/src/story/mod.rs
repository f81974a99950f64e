//! The demo's story, step by step: four organisations and a second bank, from genesis to a receipt that
//! verifies offline. Every step either happened on the network or the demo fails.

mod acts;
mod teller;

pub use teller::{Step, Teller};

use crate::client::{Client, ClientError, now_s};
use crate::network::{SetUpError, TestNetwork};
use crate::world::{Authored, Cast, MemberSigner, SaltedDraft, Salts, Trade, World, WorldError, sign};
use chain_core::tx::build::Built;
use chain_core::types::{Jti, MemberId, RecordId, TimeMs};
use std::collections::BTreeMap;
use std::path::Path;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// The network.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// A node.
    #[error(transparent)]
    Launch(#[from] crate::launch::LaunchError),
    /// The synthetic data.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A call.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A receipt or proof that should verify does not.
    #[error("does not verify: {0}")]
    Verify(#[from] chain_core::receipt::VerifyError),
    /// A file.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Something that must not happen, or did not happen.
    #[error("{0}")]
    Wrong(String),
}

/// Trades of the demo.
const TRADES: u32 = 6;

/// The story so far.
pub struct Story {
    /// The network and its people.
    pub net: TestNetwork,
    world: World,
    salts: Salts,
    sent: u64,
    /// What was sealed, by record: each holder's wallet in one.
    sealed: BTreeMap<RecordId, Vec<String>>,
}

impl Story {
    /// Writes keys, genesis and configurations of five nodes.
    ///
    /// # Errors
    /// See [`StoryError`].
    pub fn begin(folder: &Path, seed: u64) -> Result<Story, StoryError> {
        let now = TimeMs(now_s() * 1000);
        let cast = Cast::new(seed)?;
        let world = World::generate(&cast, seed, TRADES, now)?;
        let net = TestNetwork::prepare(folder, cast, 5, now)?;
        Ok(Story { net, world, salts: Salts::new(seed, "story"), sent: 0, sealed: BTreeMap::new() })
    }

    /// The trade whose receivable the story is about: the first, an export.
    pub fn trade(&self) -> Result<&Trade, StoryError> {
        self.world.trades.first().ok_or_else(|| StoryError::Wrong("the world has no trade".into()))
    }

    fn member(&self, id: &MemberId) -> Result<MemberSigner, StoryError> {
        self.net.cast.by_id(id).cloned().ok_or_else(|| StoryError::Wrong(format!("{id} is not in the cast")))
    }

    /// Signs records as a member, and keeps what is sealed.
    pub fn sign(&mut self, by: &MemberSigner, drafts: &[SaltedDraft]) -> Result<Built, StoryError> {
        self.sent += 1;
        let jti = Jti::parse(&format!("story-{}", self.sent)).ok_or_else(|| StoryError::Wrong("jti".into()))?;
        let now = TimeMs(now_s() * 1000);
        let built = sign(by, drafts, &jti, now, &self.net.founding.id, &mut self.salts)?;
        for (id, fields) in &built.sealed {
            self.sealed.insert(*id, fields.iter().map(|field| field.disclosure.clone()).collect());
        }
        Ok(built)
    }

    /// Signs and submits one record through a node, and expects it to be accepted.
    pub async fn submit(
        &mut self,
        node: usize,
        by: &MemberSigner,
        what: &str,
        draft: impl Into<SaltedDraft>,
    ) -> Result<RecordId, StoryError> {
        let built = self.sign(by, &[draft.into()])?;
        self.client(node, by).submit_accepted(what, &built.bytes).await?;
        Ok(RecordId { tx: built.id, index: 0 })
    }

    /// Submits what a member has to say, one transaction per author and up to 50 records each.
    pub async fn submit_all(&mut self, node: usize, records: Vec<Authored>) -> Result<Vec<RecordId>, StoryError> {
        let mut by_author: BTreeMap<MemberId, Vec<SaltedDraft>> = BTreeMap::new();
        for record in records {
            by_author.entry(record.by).or_default().push(record.draft.into());
        }
        let mut ids = Vec::new();
        for (author, drafts) in by_author {
            let by = self.member(&author)?;
            for chunk in drafts.chunks(50) {
                let built = self.sign(&by, chunk)?;
                self.client(node, &by).submit_accepted("records", &built.bytes).await?;
                ids.extend(built.sealed.iter().map(|(id, _)| *id));
            }
        }
        Ok(ids)
    }

    /// A member's connection to a node.
    pub fn client(&self, node: usize, member: &MemberSigner) -> Client {
        self.net.client(node, member)
    }

    /// The disclosures that the holder of a record kept.
    pub fn disclosures(&self, id: &RecordId) -> Vec<String> {
        self.sealed.get(id).cloned().unwrap_or_default()
    }
}
