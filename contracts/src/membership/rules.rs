//! Rule sets: what law or policy may change, as data with a version and an effective date.
//!
//! The value of `gov/rules/<name>`, in the genesis file as in the state, is the list of all versions in
//! order of publishing:
//!
//! ```json
//! [{"from":0,"rules":{"version":"282","effective":"2026-04-01","grades":["…"]}}]
//! ```
//!
//! In force on a Beijing date is, of the versions whose `from` height has come and whose `effective` date
//! has come, the one with the latest effective date; of two with the same date, the one published last.
//! A decision names the version it used, and [`RuleVersions::version`] finds it for ever.

use crate::dates::Date;
use chain_core::contract::Context;
use chain_core::genesis::rules_key;
use chain_core::state::StateFault;
use chain_core::types::Height;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Bytes of one version as JSON.
pub const MAX_RULE_BYTES: usize = 64 * 1024;
/// Versions of one rule set. All stand in one state value.
pub const MAX_VERSIONS: usize = 64;

/// One version of a rule set: an object with `version`, `effective` and whatever its contract reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    /// Its name among the versions: 1 to 32 of `A-Z a-z 0-9 . _ -`.
    pub version: String,
    /// First Beijing date on which it is in force.
    pub effective: Date,
    /// The rules.
    #[serde(flatten)]
    pub rules: Map<String, Value>,
}

impl RuleSet {
    /// Checks what the type does not.
    ///
    /// # Errors
    /// A sentence: the version's name is malformed, or the whole is larger than [`MAX_RULE_BYTES`].
    pub fn check(&self) -> Result<(), String> {
        let name_ok = (1..=32).contains(&self.version.len())
            && self.version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if !name_ok {
            return Err("version has 1 to 32 letters, digits, '.', '_' or '-'".into());
        }
        match serde_json::to_vec(self) {
            Ok(bytes) if bytes.len() <= MAX_RULE_BYTES => Ok(()),
            _ => Err(format!("a version of a rule set has at most {MAX_RULE_BYTES} bytes of JSON; split it")),
        }
    }
}

/// A version with the height from which it stands on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleVersion {
    /// First height that may use it; 0 in the genesis.
    pub from: Height,
    /// The rules.
    pub rules: RuleSet,
}

/// All versions of a rule set, in order of publishing: the value of [`rules_key`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleVersions(pub Vec<RuleVersion>);

impl RuleVersions {
    /// The version in force on a Beijing date at a height; none before the first.
    pub fn in_force(&self, date: Date, height: Height) -> Option<&RuleSet> {
        self.0
            .iter()
            .filter(|entry| entry.from <= height && entry.rules.effective <= date)
            .map(|entry| &entry.rules)
            .max_by_key(|rules| rules.effective)
    }

    /// The version of that name, whether or not it is in force.
    pub fn version(&self, version: &str) -> Option<&RuleSet> {
        self.0.iter().map(|entry| &entry.rules).find(|rules| rules.version == version)
    }
}

/// 1 to 64 of `a-z 0-9 . -`.
pub(super) fn rule_name_ok(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
}

/// The rule set in force for a record that is being applied: on the block's Beijing date, at its height.
///
/// # Errors
/// The store failed.
pub fn in_force(ctx: &Context<'_, '_>, name: &str) -> Result<Option<RuleSet>, StateFault> {
    let versions: Option<RuleVersions> = ctx.load(&rules_key(name))?;
    Ok(versions.and_then(|all| all.in_force(Date::beijing(ctx.time), ctx.height).cloned()))
}
