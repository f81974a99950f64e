//! Trust policies (c2sp.org/tlog-policy): which logs a verifier accepts and how many witnesses must have cosigned.
//!
//! ```text
//! log trade.example/ledger+2f0a11c4+AQ…
//! witness port port.example/w+9b1c22d0+BA…
//! witness bank bank.example/w+0c77aa15+BA… https://bank.example/w
//! witness customs customs.example/w+61d03f7e+BA…
//! group two-of-three 2 port bank customs
//! quorum two-of-three
//! ```
//!
//! Items on a line are separated by spaces or tabs; `#` begins a comment line. Logs are given by a verifier key of type
//! 0x01 named like the checkpoint's origin, witnesses by a local name and a key of type 0x04, both with an optional
//! URL. A group counts as having witnessed when `k` of its members have (`any` is 1, `all` is every one); members are
//! witnesses or groups defined earlier, each name in at most one group. The one `quorum` line names a witness, a group
//! or `none`. Names are octets: nothing is decoded or normalised.
//!
//! A checkpoint is trusted if a listed log of its origin signed it and the quorum witnessed it ([`Policy::verify`]).
//! Lines by unknown keys are ignored, as the note format demands, so they may be altered without being noticed;
//! [`Policy::verify_strict`], meant for our own receipts, refuses them.

mod builder;
mod evaluate;

pub use builder::PolicyBuilder;
pub use evaluate::{Cosigned, Evaluation, TrustError};

use super::note::{KeyError, VerifierKey};
use std::fmt;

/// The longest policy file read, in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;
/// The most logs, the most witnesses and the most groups. The specification asks for at least 32 of each.
pub const MAX_DEFINITIONS: usize = 256;

/// One item of a policy line: a name or URL, as octets without white space or control characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Token(Vec<u8>);

impl Token {
    /// An item from its octets.
    ///
    /// # Errors
    /// [`RuleError::Token`] if it is empty or has an octet outside 0x21-0x7E and 0x80-0xFF.
    pub fn new(octets: impl AsRef<[u8]>) -> Result<Token, RuleError> {
        let octets = octets.as_ref();
        if octets.is_empty() || !octets.iter().all(|octet| matches!(octet, 0x21..=0x7e | 0x80..)) {
            return Err(RuleError::Token);
        }
        Ok(Token(octets.to_vec()))
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// How many members of a group must have witnessed a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threshold {
    /// Every member.
    All,
    /// One member.
    Any,
    /// This number of members, from 1 to the size of the group.
    AtLeast(usize),
}

/// Which rule of the format a definition breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RuleError {
    /// Unknown keyword, or too few or too many items.
    #[error("L611 not a log, witness, group or quorum line; correct the line")]
    Syntax,
    /// A name or URL is empty or has white space or control characters.
    #[error("L612 a name or URL is empty or has a space or control character; correct it")]
    Token,
    /// The verifier key is not one.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A log key that is not of type 0x01, or a witness key that is not of type 0x04.
    #[error("L613 the key has another purpose; give logs a 0x01 key and witnesses a 0x04 key")]
    Purpose,
    /// Two logs or two witnesses share a public key, or two keys share name and key ID.
    #[error("L614 the key is already listed; remove one of the two lines")]
    DuplicateKey,
    /// A witness or group name is defined twice, or is `none`.
    #[error("L615 the name is already defined; choose another")]
    NameTaken,
    /// A group or quorum names something not defined on an earlier line.
    #[error("L616 the name is not defined on an earlier line; define it first")]
    UnknownName,
    /// A name is a member twice.
    #[error("L617 the name is already a member of a group; list each name once")]
    MemberTwice,
    /// The group is empty or its number is not from 1 to its size.
    #[error("L618 a group needs members and a number from 1 to their count; correct the line")]
    Threshold,
    /// A second quorum line.
    #[error("L619 the quorum is already defined; keep one quorum line")]
    SecondQuorum,
    /// More than [`MAX_DEFINITIONS`] logs, witnesses or groups.
    #[error("L620 more than 256 logs, witnesses or groups; remove some")]
    TooMany,
    /// No quorum line.
    #[error("L621 the policy has no quorum; add one quorum line")]
    NoQuorum,
}

/// Why a policy file was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PolicyError {
    /// Longer than [`MAX_POLICY_BYTES`].
    #[error("L601 the policy file is longer than 1 MiB; shorten it")]
    TooLong,
    /// The last line is not ended by a newline.
    #[error("L602 the policy file does not end in a newline; get it again in full")]
    FinalNewline,
    /// A control character other than tab and newline.
    #[error("L603 line {line} of the policy has a control character; remove it")]
    ControlCharacter {
        /// Line number, from 1.
        line: usize,
    },
    /// A line breaks a rule.
    #[error("line {line} of the policy: {rule}")]
    Line {
        /// Line number, from 1; for a missing quorum, the number of the last line.
        line: usize,
        /// The rule that is broken.
        rule: RuleError,
    },
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Log {
    key: VerifierKey,
    url: Option<Token>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Witness {
    name: Token,
    key: VerifierKey,
    url: Option<Token>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Group {
    name: Token,
    threshold: Threshold,
    members: Vec<Member>,
}

/// A witness or group, by its place in the policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// A complete, consistent policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    /// In an order in which members come before the groups they are in.
    groups: Vec<Group>,
    /// `None` is `quorum none`.
    quorum: Option<Member>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Any [`PolicyError`].
    pub fn parse(bytes: &[u8]) -> Result<Policy, PolicyError> {
        if bytes.len() > MAX_POLICY_BYTES {
            return Err(PolicyError::TooLong);
        }
        let mut builder = PolicyBuilder::default();
        let mut line = 0;
        if !bytes.is_empty() {
            for content in bytes.strip_suffix(b"\n").ok_or(PolicyError::FinalNewline)?.split(|b| *b == b'\n') {
                line += 1;
                if content.iter().any(|octet| matches!(octet, 0x00..=0x08 | 0x0a..=0x1f | 0x7f)) {
                    return Err(PolicyError::ControlCharacter { line });
                }
                builder.read_line(content).map_err(|rule| PolicyError::Line { line, rule })?;
            }
        }
        builder.build().map_err(|rule| PolicyError::Line { line, rule })
    }

    /// The file of this policy: logs, witnesses, groups, quorum; single spaces; no comments.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut line = |items: &[&[u8]]| {
            out.extend_from_slice(&items.join(b" ".as_slice()));
            out.push(b'\n');
        };
        for Log { key, url } in &self.logs {
            let vkey = key.encode();
            let items = [Some(b"log".as_slice()), Some(vkey.as_bytes()), url.as_ref().map(Token::as_bytes)];
            line(&items.into_iter().flatten().collect::<Vec<_>>());
        }
        for Witness { name, key, url } in &self.witnesses {
            let (vkey, url) = (key.encode(), url.as_ref().map(Token::as_bytes));
            let items = [Some(b"witness".as_slice()), Some(name.as_bytes()), Some(vkey.as_bytes()), url];
            line(&items.into_iter().flatten().collect::<Vec<_>>());
        }
        for Group { name, threshold, members } in &self.groups {
            let threshold = match threshold {
                Threshold::All => "all".to_owned(),
                Threshold::Any => "any".to_owned(),
                Threshold::AtLeast(k) => k.to_string(),
            };
            let mut items = vec![b"group".as_slice(), name.as_bytes(), threshold.as_bytes()];
            items.extend(members.iter().map(|member| self.name_of(*member)));
            line(&items);
        }
        line(&[b"quorum", self.quorum.map_or(b"none".as_slice(), |member| self.name_of(member))]);
        out
    }

    /// The keys of the accepted logs.
    pub fn log_keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.logs.iter().map(|log| &log.key)
    }

    /// The witnesses' names and keys.
    pub fn witnesses(&self) -> impl Iterator<Item = (&Token, &VerifierKey)> {
        self.witnesses.iter().map(|witness| (&witness.name, &witness.key))
    }

    fn name_of(&self, member: Member) -> &[u8] {
        match member {
            Member::Witness(place) => self.witnesses[place].name.as_bytes(),
            Member::Group(place) => self.groups[place].name.as_bytes(),
        }
    }
}

#[cfg(test)]
mod tests;
