//! Keys at rest: one JSON file per key, encrypted under a passphrase.
//!
//! The passphrase becomes a 256-bit key by Argon2id (RFC 9106), which encrypts the 32-byte Ed25519 seed
//! with XChaCha20-Poly1305. Everything else in the file is authenticated with it: a file whose public
//! part was changed does not open.

use crate::failure::Failure;
use crate::{clock, files};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use chain_core::keys::{MemorySigner, PublicKey, Signer, b64, unb64};
use chain_core::member::KeyUse;
use chain_core::types::Kid;
use rand::{RngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file format that this client writes and reads.
pub const FORMAT: &str = "sealane-key/1";
/// A key file asking for more memory than this (KiB) is not opened.
const MAX_MEMORY_KIB: u32 = 1 << 20;
/// Nor one asking for more passes or lanes.
const MAX_PASSES: u32 = 16;

/// The 32-byte seed of an Ed25519 key (RFC 8032); wiped when dropped.
pub type Seed = Zeroizing<[u8; 32]>;

/// A key file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// [`FORMAT`].
    pub format: String,
    /// The key's name in this keyring.
    pub name: String,
    /// RFC 7638 thumbprint.
    pub kid: Kid,
    /// The public key, base64url.
    pub x: PublicKey,
    /// What it is meant to sign. The ledger's own entry decides.
    pub uses: BTreeSet<KeyUse>,
    /// When it was made, RFC 3339.
    pub created: String,
    /// How the passphrase becomes a key.
    pub kdf: Kdf,
    /// `xchacha20-poly1305`.
    pub cipher: String,
    /// 24 bytes, base64url.
    pub nonce: String,
    /// The encrypted seed with its tag, 48 bytes, base64url.
    pub ciphertext: String,
}

/// Parameters of Argon2id, version 0x13.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kdf {
    /// `argon2id`.
    pub name: String,
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// 16 bytes, base64url.
    pub salt: String,
}

impl Kdf {
    /// RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
    pub fn recommended() -> Kdf {
        Kdf { name: "argon2id".into(), memory_kib: 64 * 1024, passes: 3, lanes: 4, salt: b64(&random::<16>()) }
    }

    fn derive(&self, passphrase: &str) -> Option<Zeroizing<[u8; 32]>> {
        let bounded = self.memory_kib <= MAX_MEMORY_KIB && self.passes <= MAX_PASSES && self.lanes <= MAX_PASSES;
        if self.name != "argon2id" || !bounded {
            return None;
        }
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()?;
        let mut key = Zeroizing::new([0u8; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &unb64(&self.salt)?, &mut *key)
            .ok()?;
        Some(key)
    }
}

/// Fresh random bytes of the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

impl KeyFile {
    /// Encrypts a seed under a passphrase.
    pub fn seal(name: &str, uses: BTreeSet<KeyUse>, seed: &Seed, passphrase: &str, kdf: Kdf) -> Result<KeyFile, Failure> {
        let x = MemorySigner::from_seed(seed).public_key();
        let mut file = KeyFile {
            format: FORMAT.into(),
            name: name.into(),
            kid: x.kid(),
            x,
            uses,
            created: clock::rfc3339(),
            kdf,
            cipher: "xchacha20-poly1305".into(),
            nonce: b64(&random::<24>()),
            ciphertext: String::new(),
        };
        let sealed = file
            .cipher_under(passphrase)
            .and_then(|(cipher, nonce)| cipher.encrypt(&nonce, Payload { msg: &seed[..], aad: &file.authenticated() }).ok())
            .ok_or_else(|| file.malformed())?;
        file.ciphertext = b64(&sealed);
        Ok(file)
    }

    /// Decrypts the key.
    pub fn open(&self, passphrase: &str) -> Result<MemorySigner, Failure> {
        if self.format != FORMAT || self.cipher != "xchacha20-poly1305" {
            return Err(self.malformed());
        }
        let (cipher, nonce) = self.cipher_under(passphrase).ok_or_else(|| self.malformed())?;
        let sealed = unb64(&self.ciphertext).ok_or_else(|| self.malformed())?;
        let wrong = || Failure::new("CLI-1103").with("name", &self.name);
        let opened = cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &self.authenticated() }).map_err(|_| wrong())?;
        let opened = Zeroizing::new(opened);
        let seed: Seed = Zeroizing::new(opened.as_slice().try_into().map_err(|_| wrong())?);
        let signer = MemorySigner::from_seed(&seed);
        if signer.public_key() != self.x || self.x.kid() != self.kid {
            return Err(wrong());
        }
        Ok(signer)
    }

    fn cipher_under(&self, passphrase: &str) -> Option<(XChaCha20Poly1305, XNonce)> {
        let nonce: [u8; 24] = unb64(&self.nonce)?.try_into().ok()?;
        let key = self.kdf.derive(passphrase)?;
        Some((XChaCha20Poly1305::new_from_slice(&key[..]).ok()?, XNonce::from(nonce)))
    }

    /// The file without its ciphertext, as JSON with sorted keys.
    fn authenticated(&self) -> Vec<u8> {
        let public = KeyFile { ciphertext: String::new(), ..self.clone() };
        serde_json::to_value(&public).map(|value| value.to_string().into_bytes()).unwrap_or_default()
    }

    fn malformed(&self) -> Failure {
        Failure::new("CLI-1105").with("name", &self.name)
    }
}

/// The folder `keys/`.
#[derive(Clone, Debug)]
pub struct Keyring {
    folder: PathBuf,
}

impl Keyring {
    /// In a folder, which is made when the first key is.
    pub fn new(folder: PathBuf) -> Keyring {
        Keyring { folder }
    }

    /// Where a key's file is.
    pub fn path(&self, name: &str) -> Result<PathBuf, Failure> {
        let good = (1..=64).contains(&name.len())
            && !name.starts_with('.')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if !good {
            return Err(Failure::new("CLI-2003").with("name", name));
        }
        Ok(self.folder.join(format!("{name}.json")))
    }

    /// Adds a key file; a name that is taken is refused.
    pub fn add(&self, file: &KeyFile) -> Result<(), Failure> {
        let path = self.path(&file.name)?;
        files::make_folder(&self.folder)?;
        let text = serde_json::to_string_pretty(file).map_err(|_| file.malformed())?;
        match files::create(&path, format!("{text}\n").as_bytes())? {
            true => Ok(()),
            false => Err(Failure::new("CLI-1102").with("name", &file.name)),
        }
    }

    /// Reads a key file without opening it. A file that others may read is refused.
    pub fn read(&self, name: &str) -> Result<KeyFile, Failure> {
        let path = self.path(name)?;
        let bytes = files::read_if_present(&path)?
            .ok_or_else(|| Failure::new("CLI-1101").with("name", name).with("folder", self.folder.display()))?;
        check_private(&path)?;
        let file: KeyFile =
            serde_json::from_slice(&bytes).map_err(|_| Failure::new("CLI-1105").with("name", name))?;
        if file.name != name {
            return Err(Failure::new("CLI-1105").with("name", name));
        }
        Ok(file)
    }

    /// Names of all keys, sorted.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(why) => {
                return Err(Failure::new("CLI-1001").with("path", self.folder.display()).with("why", why));
            }
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
            .collect();
        names.sort();
        Ok(names)
    }
}

/// Refuses a file that anybody besides its owner may read or write.
pub fn check_private(path: &Path) -> Result<(), Failure> {
    match files::open_to_others(path)? {
        true => Err(Failure::new("CLI-1104").with("path", path.display())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
