//! A network of the synthetic organisations: keys, genesis, nodes, clients.

use crate::client::Client;
use crate::launch::{LaunchError, Network, NodePlan};
use crate::world::{Cast, MemberSigner, NodeKeys, WorldError};
use chain_core::genesis::{Founding, Genesis, GenesisError, Witnesses};
use chain_core::keys::{MemorySigner, Signer as _, b64};
use chain_core::types::TimeMs;
use node::config::{NodeKeys as KeyFile, WitnessConfig};
use std::path::Path;

/// Why a test network was not set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The synthetic organisations.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The genesis.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The genesis as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The nodes.
    #[error(transparent)]
    Launch(#[from] LaunchError),
}

/// A network with the people on it.
pub struct TestNetwork {
    /// The organisations.
    pub cast: Cast,
    /// The genesis.
    pub founding: Founding,
    /// The genesis file's bytes.
    pub genesis: Vec<u8>,
    /// The processes.
    pub network: Network,
}

/// Origin of the test networks' checkpoints.
pub const ORIGIN: &str = "testnet.sealane.example/1";

/// How a node's keys stand in its files.
pub fn plan(keys: &NodeKeys) -> NodePlan {
    NodePlan {
        member: keys.member.to_string(),
        keys: KeyFile {
            peer: b64(&keys.peer),
            vote: b64(&keys.vote),
            log: b64(&keys.log),
            cosigner: b64(&keys.cosigner),
        },
        peer_key: b64(MemorySigner::from_seed(&keys.peer).public_key().as_bytes()),
    }
}

impl TestNetwork {
    /// Writes the files of a network: the first `nodes` of the cast's nodes run.
    ///
    /// # Errors
    /// See [`SetUpError`].
    pub fn prepare(folder: &Path, cast: Cast, nodes: usize, time: TimeMs) -> Result<TestNetwork, SetUpError> {
        TestNetwork::prepare_watched(folder, cast, nodes, time, 0, &[])
    }

    /// The same, of a ledger whose proofs need `needed` of these witnesses; none where there are none.
    ///
    /// # Errors
    /// See [`SetUpError`].
    pub fn prepare_watched(
        folder: &Path,
        cast: Cast,
        nodes: usize,
        time: TimeMs,
        needed: usize,
        witnesses: &[WitnessConfig],
    ) -> Result<TestNetwork, SetUpError> {
        let keys = witnesses.iter().map(|witness| witness.key.clone()).collect();
        let asked = (!witnesses.is_empty()).then_some(Witnesses { needed, keys });
        let genesis = Genesis { witnesses: asked, ..cast.genesis(ORIGIN, time)? };
        let genesis = serde_json::to_vec_pretty(&genesis)?;
        let founding = Founding::read(&genesis)?;
        let plans: Vec<NodePlan> = cast.nodes.iter().take(nodes).map(plan).collect();
        let network = Network::prepare_watched(folder, &genesis, &plans, witnesses)?;
        Ok(TestNetwork { cast, founding, genesis, network })
    }

    /// A member's connection to the `index`-th node.
    pub fn client(&self, index: usize, member: &MemberSigner) -> Client {
        let node = &self.network.nodes[index];
        Client::new(&node.url(), &node.member, self.founding.id, &member.id, &member.api)
    }
}
