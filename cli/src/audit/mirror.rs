//! The folder of a mirror, and the node that it is filled from.

use super::{Divergence, Stop, What};
use crate::client::{Answer, Client};
use crate::failure::Failure;
use crate::files;
use chain_core::log::SignedCheckpoint;
use chain_core::log::tiles::{TilePath, all_tiles};
use chain_core::receipt::{Handover, Trust, Vouched};
use std::path::{Path, PathBuf};

/// A folder as `FORMAT.md`, section 13, lays it out.
pub struct Mirror {
    folder: PathBuf,
    node: Option<Client>,
}

/// A checkpoint that its validators vouch for, and the handovers that lead to it.
#[derive(Clone, Debug)]
pub struct Head {
    /// The checkpoint.
    pub vouched: Vouched,
    /// From the genesis to its validators.
    pub handovers: Vec<Handover>,
}

impl Head {
    /// Judges a checkpoint as it was read.
    pub fn judge(trust: &Trust, checkpoint: &[u8], handovers: &[u8]) -> Result<Head, Divergence> {
        let form = |why: &dyn std::fmt::Display| Divergence::new(What::Form, "-", why);
        let checkpoint = SignedCheckpoint::parse(checkpoint).map_err(|e| form(&e))?;
        let size = checkpoint.checkpoint().size();
        let mut handovers: Vec<Handover> = serde_json::from_slice(handovers).map_err(|e| form(&e))?;
        // A node may have gone on between two questions.
        handovers.retain(|handover| handover.index.saturating_add(1) < size);
        let vouched = Vouched::check(trust, &handovers, checkpoint)?;
        Ok(Head { vouched, handovers })
    }

    /// Leaves covered.
    pub fn size(&self) -> u64 {
        self.vouched.checkpoint.checkpoint().size()
    }
}

impl Mirror {
    /// A folder that is filled from a node.
    pub fn of_node(folder: &Path, node: Client) -> Mirror {
        Mirror { folder: folder.to_owned(), node: Some(node) }
    }

    /// A folder as it is.
    pub fn offline(folder: &Path) -> Mirror {
        Mirror { folder: folder.to_owned(), node: None }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether there is a node to ask.
    pub fn is_online(&self) -> bool {
        self.node.is_some()
    }

    /// A file of the folder.
    pub fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        files::read_if_present(&self.folder.join(name))
    }

    /// Writes a file of the folder.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.folder.join(name);
        if let Some(parent) = path.parent() {
            files::make_folder(parent)?;
        }
        files::replace(&path, bytes)
    }

    /// A file of the node's log; none where it says that there is none, or there is no node.
    pub async fn asked(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        match &self.node {
            Some(node) => node.file(&format!("/tlog/{name}")).await,
            None => Ok(None),
        }
    }

    /// As [`Mirror::asked`], for a file that must be there.
    pub async fn demanded(&self, name: &str) -> Result<Vec<u8>, Stop> {
        let found = self.asked(name).await?;
        found.ok_or_else(|| match &self.node {
            Some(node) => Failure::new("CLI-1206").with("url", node.url()).with("file", name).into(),
            None => Divergence::new(What::Form, name, "-").into(),
        })
    }

    /// The checkpoint that is kept, judged; none where the mirror is new.
    pub fn head(&self, trust: &Trust) -> Result<Option<Result<Head, Divergence>>, Failure> {
        let Some(checkpoint) = self.kept("checkpoint")? else { return Ok(None) };
        let handovers = self.kept("handovers.json")?.unwrap_or_default();
        Ok(Some(Head::judge(trust, &checkpoint, &handovers)))
    }

    /// The node's newest checkpoint, judged; none where it has none yet.
    pub async fn newest(&self, trust: &Trust) -> Result<Option<Result<Head, Divergence>>, Failure> {
        let Some(node) = &self.node else { return Ok(None) };
        let Some(checkpoint) = node.file("/tlog/checkpoint").await? else { return Ok(None) };
        match node.get_text("/tlog/handovers.json", &[]).await? {
            Answer::Ready(handovers) => Ok(Some(Head::judge(trust, &checkpoint, handovers.as_bytes()))),
            Answer::Later(_) => Ok(None),
        }
    }

    /// Keeps a checkpoint whose log is all here, and drops the partial tiles of the one before.
    pub fn settle(&self, head: &Head, genesis: &[u8], before: u64) -> Result<(), Failure> {
        let json = serde_json::to_vec(&head.handovers).map_err(|why| self.unwritable(&why))?;
        self.keep("genesis.json", genesis)?;
        self.keep("handovers.json", &json)?;
        self.keep("checkpoint", head.vouched.checkpoint.encode().as_bytes())?;
        let widest = |tile: &TilePath| TilePath::in_log(tile.kind(), tile.index(), head.size());
        for old in all_tiles(before).filter(|tile| widest(tile).is_none_or(|now| now != *tile)) {
            files::remove(&self.folder.join(old.to_string()))?;
        }
        Ok(())
    }

    /// Keeps two checkpoints that contradict each other. The files' names.
    pub fn evidence(&self, heads: [&SignedCheckpoint; 2]) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for checkpoint in heads {
            let stated = checkpoint.checkpoint();
            let root = stated.root().to_hex();
            let name = format!("evidence/{}-{}", stated.size(), root.get(..16).unwrap_or(&root));
            self.keep(&name, checkpoint.encode().as_bytes())?;
            names.push(self.folder.join(name).display().to_string());
        }
        Ok(names)
    }

    fn unwritable(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::new("CLI-1002").with("path", self.folder.display()).with("why", why)
    }
}
