//! Files of the client: whole, private, durable.

use crate::failure::Failure;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Only the owner reads and writes.
const PRIVATE_FILE: u32 = 0o600;
/// Only the owner enters.
const PRIVATE_FOLDER: u32 = 0o700;

/// Reads a file, or standard input for `-`.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let content = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    content.map_err(|why| unreadable(path, &why))
}

/// Reads a file that may be absent.
pub fn read_if_present(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(unreadable(path, &why)),
    }
}

fn unreadable(path: &Path, why: &io::Error) -> Failure {
    Failure::new("CLI-1001").with("path", path.display()).with("why", why)
}

fn unwritable(path: &Path, why: &io::Error) -> Failure {
    Failure::new("CLI-1002").with("path", path.display()).with("why", why)
}

/// Makes a folder, and those above it, for the owner only.
pub fn make_folder(path: &Path) -> Result<(), Failure> {
    DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(path).map_err(|why| unwritable(path, &why))
}

/// Whether somebody besides the owner may read or write the file.
pub fn open_to_others(path: &Path) -> Result<bool, Failure> {
    let mode = fs::metadata(path).map_err(|why| unreadable(path, &why))?.permissions().mode();
    Ok(mode & 0o077 != 0)
}

fn staged(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let stage = path.with_extension(format!("{}.new", uuid::Uuid::now_v7().simple()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(&stage)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(stage)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Writes a file for the owner only, whole or not at all, replacing what was there.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || {
        let stage = staged(path, bytes)?;
        fs::rename(&stage, path)?;
        sync_folder(path)
    };
    write().map_err(|why| unwritable(path, &why))
}

/// As [`replace`], but only where no file was; false when there was one, which stays as it is.
pub fn create(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    let write = || {
        let stage = staged(path, bytes)?;
        // A link, unlike a rename, fails when the name is taken: of two processes one wins.
        let linked = fs::hard_link(&stage, path);
        fs::remove_file(&stage)?;
        match linked {
            Ok(()) => sync_folder(path).map(|()| true),
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(why) => Err(why),
        }
    };
    write().map_err(|why| unwritable(path, &why))
}

/// Removes a file that may be absent.
pub fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(unwritable(path, &why)),
        _ => Ok(()),
    }
}

/// Writes what the user asked for (`-o FILE`), with the permissions that the user's shell gives.
pub fn export(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|why| unwritable(path, &why))
}
