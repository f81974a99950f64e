//! Where a passphrase comes from. There is no default one.

use crate::failure::Failure;
use crate::files;
use crate::lang::Lang;
use std::io::IsTerminal;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// A new key's passphrase has at least this many characters.
pub const SHORTEST: usize = 8;

/// A passphrase; wiped when dropped.
pub type Passphrase = Zeroizing<String>;

/// `--passphrase-file`, else the environment's `SEALANE_PASSPHRASE`, else the person at the terminal.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file's first line is the passphrase.
    pub file: Option<PathBuf>,
    /// Language of the prompt.
    pub lang: Lang,
}

impl Source {
    fn given(&self) -> Result<Option<Passphrase>, Failure> {
        if let Some(path) = &self.file {
            let bytes = Zeroizing::new(files::read(path)?);
            let text = std::str::from_utf8(&bytes)
                .map_err(|why| Failure::new("CLI-1001").with("path", path.display()).with("why", why))?;
            return Ok(Some(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())));
        }
        Ok(std::env::var("SEALANE_PASSPHRASE").ok().map(Zeroizing::new))
    }

    fn ask(&self, key: &str, name: &str) -> Result<Passphrase, Failure> {
        if !std::io::stdin().is_terminal() {
            return Err(Failure::new("CLI-1106").with("name", name));
        }
        rpassword::prompt_password(self.lang.say(key, &[("name", &name)]))
            .map(Zeroizing::new)
            .map_err(|_| Failure::new("CLI-1106").with("name", name))
    }

    /// The passphrase of an existing key.
    pub fn of_key(&self, name: &str) -> Result<Passphrase, Failure> {
        match self.given()? {
            Some(passphrase) => Ok(passphrase),
            None => self.ask("passphrase.enter", name),
        }
    }

    /// The passphrase of a new key, asked twice of a person.
    pub fn of_new_key(&self, name: &str) -> Result<Passphrase, Failure> {
        let passphrase = match self.given()? {
            Some(passphrase) => passphrase,
            None => {
                let first = self.ask("passphrase.new", name)?;
                if *first != *self.ask("passphrase.repeat", name)? {
                    return Err(Failure::new("CLI-1108"));
                }
                first
            }
        };
        if passphrase.chars().count() < SHORTEST {
            return Err(Failure::new("CLI-1107").with("least", SHORTEST));
        }
        Ok(passphrase)
    }
}
