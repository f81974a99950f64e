//! The two signatures of a step that moves money: the maker's over its terms, then the checker's
//! transaction. They can be made on one machine, or on two with a file between them.

use crate::commands::submit::read_json;
use crate::failure::Failure;
use crate::session::Session;
use chain_core::keys::{PublicKey, Purpose};
use chain_core::member::KeyUse;
use chain_core::types::{Currency, LedgerId, MemberId, RecordId};
use contracts::dates::Date;
use contracts::finance::calls::Maker;
use contracts::finance::signed::{self, approval_bytes};
use contracts::finance::wire::Signature;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file format that this client writes and reads.
const FORMAT: &str = "sealane-approval/1";

/// What both signatures are about; see [`signed::Approval`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub ledger: LedgerId,
    pub member: MemberId,
    pub kind: String,
    pub receivable: RecordId,
    pub encumbrance: RecordId,
    pub minor: u64,
    pub currency: Currency,
    pub until: Date,
    pub register_no: String,
}

/// The maker's signature on its way to the checker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    format: String,
    terms: Terms,
    /// The maker's public key, base64url.
    x: PublicKey,
    maker: Maker,
}

impl Terms {
    fn bytes(&self) -> Vec<u8> {
        approval_bytes(&signed::Approval {
            ledger: &self.ledger,
            iss: &self.member,
            kind: &self.kind,
            receivable: &self.receivable,
            encumbrance: &self.encumbrance,
            minor: self.minor,
            currency: &self.currency,
            until: self.until,
            register_no: &self.register_no,
        })
    }
}

impl Approval {
    /// Signs the terms with a maker's key.
    pub fn sign(session: &Session, terms: Terms, key: Option<&str>) -> Result<Approval, Failure> {
        let name = key.map_or_else(|| session.key_name(KeyUse::Maker), |name| Ok(name.to_owned()))?;
        let signer = session.signer(&name, KeyUse::Maker)?;
        let signature =
            signer.sign(Purpose::Approval(&terms.bytes())).map_err(|why| Failure::new("CLI-1111").with("why", why))?;
        let x = signer.public_key();
        let maker = Maker { kid: x.kid(), signature: Signature(signature) };
        Ok(Approval { format: FORMAT.into(), terms, x, maker })
    }

    /// Reads a maker's file and holds it against the terms that the checker gave itself.
    pub fn read(path: &Path, terms: &Terms) -> Result<Approval, Failure> {
        let approval: Approval = read_json(path)?;
        approval.hold_against(terms).then_some(approval).ok_or_else(|| Failure::new("CLI-1503").with("path", path.display()))
    }

    fn hold_against(&self, terms: &Terms) -> bool {
        self.format == FORMAT
            && self.terms == *terms
            && self.x.kid() == self.maker.kid
            && self.x.verify(&terms.bytes(), &self.maker.signature.0)
    }

    /// The first signature, as the record carries it.
    pub fn maker(&self) -> Maker {
        self.maker.clone()
    }
}

#[cfg(test)]
mod tests;
