//! Disclosures presented to this node: an erasable store beside the ledger, one file per record.

use crate::query::RecordView;
use chain_core::tx::disclosure::Sealed;
use chain_core::types::RecordId;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Why disclosures were not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// Not one of the record's sealed fields.
    #[error("disclosure {0} is not one of the record's sealed fields")]
    NotOfRecord(usize),
    /// The folder cannot be written or read.
    #[error("the store of disclosures failed: {0}")]
    Io(#[from] std::io::Error),
}

/// The store. Files are readable by the node's user only.
pub struct Disclosures {
    folder: PathBuf,
}

impl Disclosures {
    /// Opens or creates the folder.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn open(folder: &Path) -> Result<Disclosures, KeepError> {
        std::fs::create_dir_all(folder)?;
        restrict(folder, 0o700)?;
        Ok(Disclosures { folder: folder.to_owned() })
    }

    fn path(&self, id: &RecordId) -> PathBuf {
        self.folder.join(format!("{}-{}.json", id.tx, id.index))
    }

    /// Checks disclosures against a record and keeps them with those kept before. Returns the names of all fields held.
    ///
    /// # Errors
    /// See [`KeepError`]; then nothing new is kept.
    pub fn keep(&self, record: &RecordView, disclosures: &[String]) -> Result<Vec<String>, KeepError> {
        let mut held = self.read(&record.id)?;
        for (index, text) in disclosures.iter().enumerate() {
            let sealed = Sealed { disclosure: text.clone() };
            let digest = sealed.digest();
            let (name, _) = sealed.open().map_err(|_| KeepError::NotOfRecord(index))?;
            if !record.sd.contains(&digest) {
                return Err(KeepError::NotOfRecord(index));
            }
            held.insert(name, text.clone());
        }
        let temporary = self.path(&record.id).with_extension("new");
        let mut file = std::fs::File::create(&temporary)?;
        restrict(&temporary, 0o600)?;
        file.write_all(&serde_json::to_vec(&held).map_err(std::io::Error::other)?)?;
        file.sync_all()?;
        std::fs::rename(&temporary, self.path(&record.id))?;
        Ok(held.into_keys().collect())
    }

    fn read(&self, id: &RecordId) -> Result<BTreeMap<String, String>, KeepError> {
        match std::fs::read(self.path(id)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_err(std::io::Error::other)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// The disclosures of a record that were presented.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn held(&self, id: &RecordId) -> Result<Vec<String>, KeepError> {
        Ok(self.read(id)?.into_values().collect())
    }

    /// Forgets what was presented for a record.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn erase(&self, id: &RecordId) -> Result<(), KeepError> {
        match std::fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Sets Unix permissions.
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}
