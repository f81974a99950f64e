//! Building a policy definition by definition, each checked as it comes.

use super::super::note::{KeyError, KeyType, VerifierKey};
use super::super::text::decimal;
use super::{Group, Log, MAX_DEFINITIONS, Member, Policy, RuleError, Threshold, Token, Witness};
use std::collections::{BTreeMap, BTreeSet};

/// Collects the definitions of a policy in the order of its lines, checking each.
#[derive(Default)]
pub struct PolicyBuilder {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    names: BTreeMap<Token, Member>,
    grouped: BTreeSet<Token>,
    quorum: Option<Option<Member>>,
}

impl PolicyBuilder {
    /// Accepts a log; its key's name is the log's origin.
    ///
    /// # Errors
    /// [`RuleError::Purpose`], [`RuleError::DuplicateKey`], [`RuleError::TooMany`], [`RuleError::Token`].
    pub fn log(&mut self, key: VerifierKey, url: Option<Token>) -> Result<&mut Self, RuleError> {
        self.check_key(&key, KeyType::Ed25519)?;
        check_room(self.logs.len())?;
        self.logs.push(Log { key, url });
        Ok(self)
    }

    /// Defines a witness under a name of this policy's own.
    ///
    /// # Errors
    /// As [`PolicyBuilder::log`], and [`RuleError::NameTaken`].
    pub fn witness(&mut self, name: Token, key: VerifierKey, url: Option<Token>) -> Result<&mut Self, RuleError> {
        self.check_key(&key, KeyType::CosignatureV1)?;
        check_room(self.witnesses.len())?;
        self.define(&name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(Witness { name, key, url });
        Ok(self)
    }

    /// Defines a group of witnesses and groups already defined.
    ///
    /// # Errors
    /// [`RuleError::Threshold`], [`RuleError::UnknownName`], [`RuleError::MemberTwice`], [`RuleError::NameTaken`],
    /// [`RuleError::TooMany`].
    pub fn group(&mut self, name: Token, threshold: Threshold, members: &[Token]) -> Result<&mut Self, RuleError> {
        let fits = match threshold {
            Threshold::All | Threshold::Any => !members.is_empty(),
            Threshold::AtLeast(k) => (1..=members.len()).contains(&k),
        };
        if !fits {
            return Err(RuleError::Threshold);
        }
        check_room(self.groups.len())?;
        let mut resolved = Vec::new();
        for member in members {
            resolved.push(*self.names.get(member).ok_or(RuleError::UnknownName)?);
            if !self.grouped.insert(member.clone()) {
                return Err(RuleError::MemberTwice);
            }
        }
        self.define(&name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { name, threshold, members: resolved });
        Ok(self)
    }

    /// Sets the quorum: a witness or group already defined, or `none`.
    ///
    /// # Errors
    /// [`RuleError::SecondQuorum`], [`RuleError::UnknownName`].
    pub fn quorum(&mut self, name: &Token) -> Result<&mut Self, RuleError> {
        if self.quorum.is_some() {
            return Err(RuleError::SecondQuorum);
        }
        let none = name.as_bytes() == b"none";
        let member = if none { None } else { Some(*self.names.get(name).ok_or(RuleError::UnknownName)?) };
        self.quorum = Some(member);
        Ok(self)
    }

    /// The policy.
    ///
    /// # Errors
    /// [`RuleError::NoQuorum`].
    pub fn build(self) -> Result<Policy, RuleError> {
        let quorum = self.quorum.ok_or(RuleError::NoQuorum)?;
        Ok(Policy { logs: self.logs, witnesses: self.witnesses, groups: self.groups, quorum })
    }

    /// Reads one line of a policy file, without its newline.
    pub(super) fn read_line(&mut self, line: &[u8]) -> Result<(), RuleError> {
        let items: Vec<&[u8]> = line.split(|b| matches!(b, b' ' | b'\t')).filter(|item| !item.is_empty()).collect();
        if items.first().is_none_or(|item| item.starts_with(b"#")) {
            return Ok(());
        }
        let url = |rest: &[&[u8]]| rest.first().map(Token::new).transpose();
        match items.as_slice() {
            [b"log", key, rest @ ..] if rest.len() <= 1 => self.log(read_key(key)?, url(rest)?)?,
            [b"witness", name, key, rest @ ..] if rest.len() <= 1 => {
                self.witness(Token::new(name)?, read_key(key)?, url(rest)?)?
            }
            [b"group", name, threshold, members @ ..] => {
                let members = members.iter().map(Token::new).collect::<Result<Vec<_>, _>>()?;
                self.group(Token::new(name)?, read_threshold(threshold)?, &members)?
            }
            [b"quorum", name] => self.quorum(&Token::new(name)?)?,
            _ => return Err(RuleError::Syntax),
        };
        Ok(())
    }

    fn check_key(&self, key: &VerifierKey, purpose: KeyType) -> Result<(), RuleError> {
        if key.key_type() != purpose {
            return Err(RuleError::Purpose);
        }
        // The file must be able to hold the key's name.
        Token::new(key.encode())?;
        let listed = self.logs.iter().map(|log| &log.key).chain(self.witnesses.iter().map(|witness| &witness.key));
        let clash = |other: &VerifierKey| {
            let same_public_key = other.key_type() == purpose && other.public() == key.public();
            same_public_key || (other.name() == key.name() && other.id() == key.id())
        };
        if listed.into_iter().any(clash) { Err(RuleError::DuplicateKey) } else { Ok(()) }
    }

    fn define(&mut self, name: &Token, member: Member) -> Result<(), RuleError> {
        if name.as_bytes() == b"none" || self.names.contains_key(name) {
            return Err(RuleError::NameTaken);
        }
        self.names.insert(name.clone(), member);
        Ok(())
    }
}

fn check_room(count: usize) -> Result<(), RuleError> {
    if count < MAX_DEFINITIONS { Ok(()) } else { Err(RuleError::TooMany) }
}

fn read_key(octets: &[u8]) -> Result<VerifierKey, RuleError> {
    let text = std::str::from_utf8(octets).map_err(|_| KeyError::Format)?;
    Ok(VerifierKey::parse(text)?)
}

fn read_threshold(octets: &[u8]) -> Result<Threshold, RuleError> {
    match octets {
        b"all" => Ok(Threshold::All),
        b"any" => Ok(Threshold::Any),
        number => {
            let number = std::str::from_utf8(number).ok().and_then(decimal).ok_or(RuleError::Threshold)?;
            usize::try_from(number).map(Threshold::AtLeast).map_err(|_| RuleError::Threshold)
        }
    }
}
