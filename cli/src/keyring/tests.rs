#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, PASSPHRASE, quick_kdf};
use std::os::unix::fs::PermissionsExt;

type Change = fn(&mut KeyFile);

fn sealed() -> KeyFile {
    let uses = BTreeSet::from([KeyUse::Record]);
    KeyFile::seal("main", uses, &Zeroizing::new([7; 32]), PASSPHRASE, quick_kdf()).unwrap()
}

fn code(result: Result<MemorySigner, Failure>) -> String {
    match result {
        Ok(_) => "opened".into(),
        Err(failure) => failure.code().to_owned(),
    }
}

#[test]
fn a_key_opens_with_its_passphrase_only() {
    let file = sealed();
    assert_eq!(file.open(PASSPHRASE).unwrap().public_key(), MemorySigner::from_seed(&[7; 32]).public_key());
    for wrong in ["", "a long enough passphras", "a long enough passphrase "] {
        assert_eq!(code(file.open(wrong)), "CLI-1103", "{wrong:?}");
    }
}

#[test]
fn the_recommended_parameters_are_those_of_the_rfc() {
    let kdf = Kdf::recommended();
    assert_eq!((kdf.name.as_str(), kdf.memory_kib, kdf.passes, kdf.lanes), ("argon2id", 65536, 3, 4));
    assert_ne!(kdf.salt, Kdf::recommended().salt);
}

#[test]
fn a_changed_file_does_not_open() {
    let other = MemorySigner::from_seed(&[8; 32]).public_key();
    let changes: [(&str, Change); 8] = [
        ("name", |f| f.name = "other".into()),
        ("uses", |f| {
            f.uses.insert(KeyUse::Maker);
        }),
        ("created", |f| f.created.push('0')),
        ("memory", |f| f.kdf.memory_kib += 8),
        ("salt", |f| f.kdf.salt = b64(&[0; 16])),
        ("nonce", |f| f.nonce = b64(&[0; 24])),
        ("ciphertext", |f| {
            let mut bytes = unb64(&f.ciphertext).unwrap();
            bytes[0] ^= 1;
            f.ciphertext = b64(&bytes);
        }),
        ("truncated", |f| f.ciphertext = b64(&unb64(&f.ciphertext).unwrap()[..47])),
    ];
    for (what, change) in changes {
        let mut file = sealed();
        change(&mut file);
        assert_eq!(code(file.open(PASSPHRASE)), "CLI-1103", "{what}");
    }
    let mut file = sealed();
    (file.x, file.kid) = (other, other.kid());
    assert_eq!(code(file.open(PASSPHRASE)), "CLI-1103", "public key");
}

#[test]
fn unknown_formats_and_hostile_parameters_are_not_tried() {
    let changes: [Change; 5] = [
        |f| f.format = "sealane-key/2".into(),
        |f| f.cipher = "none".into(),
        |f| f.kdf.name = "scrypt".into(),
        |f| f.kdf.memory_kib = u32::MAX,
        |f| f.kdf.passes = 1000,
    ];
    for change in changes {
        let mut file = sealed();
        change(&mut file);
        assert_eq!(code(file.open(PASSPHRASE)), "CLI-1105");
    }
}

#[test]
fn files_are_private_and_never_overwritten() {
    let folder = Folder::new();
    let ring = Keyring::new(folder.0.join("keys"));
    assert!(ring.names().unwrap().is_empty());
    ring.add(&sealed()).unwrap();
    let path = ring.path("main").unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(ring.add(&sealed()).unwrap_err().code(), "CLI-1102");
    assert_eq!(ring.names().unwrap(), ["main"]);
    assert!(!std::fs::read_to_string(&path).unwrap().contains(&hex::encode([7u8; 32])));
    assert_eq!(ring.read("main").unwrap().open(PASSPHRASE).unwrap().public_key(), sealed().x);
    for mode in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        assert_eq!(ring.read("main").unwrap_err().code(), "CLI-1104", "{mode:o}");
    }
}

#[test]
fn names_cannot_leave_the_folder() {
    let ring = Keyring::new("/nowhere".into());
    for name in ["", "..", ".hidden", "a/b", "../a", "a b", "钥"] {
        assert_eq!(ring.path(name).unwrap_err().code(), "CLI-2003", "{name:?}");
    }
    assert_eq!(ring.read("a").unwrap_err().code(), "CLI-1101");
}
