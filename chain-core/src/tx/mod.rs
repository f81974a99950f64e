//! Transactions: SD-JWTs (RFC 9901) whose signed bytes are the bytes as sent.
//!
//! `<JWT>~<disclosure of record 0>~<disclosure of record 1>~…~`, at most [`MAX_BYTES`].
//! `FORMAT.md`, section 2, has the layout and a worked example.
//!
//! ```text
//! bytes --parse--> ParsedTx --verify(key)--> VerifiedTx --authority at a height--> AdmittedTx
//! ```
//!
//! [`build`] makes one, [`disclosure`] holds the sealed fields, [`packed`] is the form that nodes send and store.

pub mod build;
pub mod disclosure;
mod error;
pub mod packed;

pub use error::TxError;

use crate::hash::Hash;
use crate::json;
use crate::keys::{PublicKey, unb64};
use crate::record::Record;
use crate::types::{Jti, Kid, LedgerId, MemberId, RecordId, TxId};
use serde::{Deserialize, Deserializer};
use std::sync::{Arc, OnceLock};

/// Size of a whole transaction in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// Records in one transaction.
pub const MAX_RECORDS: usize = 256;
/// `submit_by` lies at most this many seconds after `iat`.
pub const MAX_LIFETIME_S: u64 = 24 * 3600;
/// The `typ` of the JWT.
pub const TYP: &str = "sealane+sd-jwt";

/// The claims that a member signs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The member that submits.
    pub iss: MemberId,
    /// The ledger it is meant for.
    pub aud: LedgerId,
    /// The member's own number for this transaction.
    pub jti: Jti,
    /// When it was signed, Unix seconds. Data only.
    pub iat: u64,
    /// The last second of block time at which it may enter a block.
    pub submit_by: u64,
    /// Digest algorithm; `sha-256` where given.
    #[serde(default)]
    _sd_alg: Option<String>,
    /// One array digest per record.
    #[serde(deserialize_with = "array_digests")]
    records: Vec<ArrayDigest>,
}

impl Claims {
    fn in_range(&self) -> bool {
        self.iat.max(self.submit_by) <= json::MAX_INTEGER
    }
}

/// `{"...": digest}`, RFC 9901, section 4.2.4.2.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArrayDigest {
    #[serde(rename = "...")]
    digest: String,
}

fn array_digests<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<ArrayDigest>, D::Error> {
    let list = Vec::<json::Object<ArrayDigest>>::deserialize(d)?;
    Ok(list.into_iter().map(|json::Object(digest)| digest).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JoseHeader {
    typ: String,
    alg: String,
    kid: Kid,
}

/// SHA-256 of the JWT in a transaction's bytes, whatever they are: [`VerifiedTx::jwt_hash`] of good ones.
pub fn jwt_hash(bytes: &[u8]) -> Hash {
    let jwt = bytes.split(|byte| *byte == b'~').next();
    Hash::of(jwt.unwrap_or_default())
}

/// A transaction of good form. Its signature has not been looked at.
#[derive(Debug)]
pub struct ParsedTx {
    content: Content,
    signing_input: usize,
    signature: [u8; 64],
}

#[derive(Debug)]
struct Content {
    id: TxId,
    jwt_hash: Hash,
    kid: Kid,
    claims: Claims,
    records: Vec<Record>,
    bytes: Arc<[u8]>,
    packed: OnceLock<Arc<[u8]>>,
}

impl ParsedTx {
    /// Reads a transaction and checks all that needs neither key nor state.
    ///
    /// # Errors
    /// The first fault; see [`TxError`] for codes and pointers.
    pub fn parse(bytes: &[u8], ledger: &LedgerId) -> Result<ParsedTx, TxError> {
        if bytes.len() > MAX_BYTES {
            return Err(TxError::TooLarge(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).ok().filter(|t| t.is_ascii()).ok_or(TxError::NotAscii)?;
        let mut parts = text.split('~');
        let jwt = parts.next().unwrap_or_default();
        let mut disclosures: Vec<&str> = parts.collect();
        if disclosures.pop() != Some("") {
            return Err(TxError::Framing("the text must end with '~'"));
        }
        let jwt = Jwt::parse(jwt, ledger)?;
        let records = read_records(&jwt.claims, &disclosures)?;
        Ok(ParsedTx {
            content: Content {
                id: jwt.id,
                jwt_hash: jwt.hash,
                kid: jwt.kid,
                claims: jwt.claims,
                records,
                bytes: bytes.into(),
                packed: OnceLock::new(),
            },
            signing_input: jwt.signing_input.len(),
            signature: jwt.signature,
        })
    }

    /// Reads a transaction in its packed form.
    ///
    /// # Errors
    /// [`TxError::Framing`] when it is no packed form, else as [`ParsedTx::parse`].
    pub fn parse_packed(packed: &[u8], ledger: &LedgerId) -> Result<ParsedTx, TxError> {
        let text = packed::unpack(packed).ok_or(TxError::Framing("not a packed transaction"))?;
        let parsed = ParsedTx::parse(&text, ledger)?;
        // Somebody else's packing is kept only where it saves something.
        if packed.len() < text.len() {
            parsed.content.packed.get_or_init(|| packed.into());
        }
        Ok(parsed)
    }

    /// Reads the JWT of a transaction without its disclosures, as a receipt carries it.
    ///
    /// # Errors
    /// As [`ParsedTx::parse`].
    pub fn parse_jwt<'a>(jwt: &'a str, ledger: &LedgerId) -> Result<Jwt<'a>, TxError> {
        if jwt.len() > MAX_BYTES {
            return Err(TxError::TooLarge(jwt.len()));
        }
        let jwt = Jwt::parse(jwt, ledger)?;
        // With its disclosures at hand the digests are compared with theirs; here their form must do.
        let mut seen = std::collections::BTreeSet::new();
        for (index, record) in jwt.claims.records.iter().enumerate() {
            if record.digest.len() != 43 || unb64(&record.digest).is_none() {
                return Err(TxError::Base64("record digest"));
            }
            if !seen.insert(record.digest.as_str()) {
                return Err(TxError::RepeatedDigest(index));
            }
        }
        Ok(jwt)
    }

    /// Who says it signed.
    pub fn issuer(&self) -> &MemberId {
        &self.content.claims.iss
    }

    /// The issuer's own number for it.
    pub fn jti(&self) -> &Jti {
        &self.content.claims.jti
    }

    /// Which key it says it used.
    pub fn kid(&self) -> &Kid {
        &self.content.kid
    }

    /// The transaction's id.
    pub fn id(&self) -> TxId {
        self.content.id
    }

    /// The bytes as sent.
    pub fn bytes(&self) -> &[u8] {
        &self.content.bytes
    }

    /// The records, whose form a contract still has to check.
    pub fn records(&self) -> &[Record] {
        &self.content.records
    }

    /// Checks the signature with the key that `kid` names.
    ///
    /// # Errors
    /// [`TxError::WrongKey`] or [`TxError::Signature`].
    pub fn verify(self, key: &PublicKey) -> Result<VerifiedTx, TxError> {
        if key.kid() != self.content.kid {
            return Err(TxError::WrongKey);
        }
        self.verify_known(key)
    }

    /// As [`ParsedTx::verify`], when the caller found the key by its id and need not compute it again.
    ///
    /// # Errors
    /// [`TxError::Signature`].
    pub fn verify_known(self, key: &PublicKey) -> Result<VerifiedTx, TxError> {
        if !key.verify(&self.content.bytes[..self.signing_input], &self.signature) {
            return Err(TxError::Signature);
        }
        Ok(VerifiedTx(Arc::new(self.content)))
    }
}

/// The signed part of a transaction, of good form. Its signature has not been looked at.
#[derive(Debug)]
pub struct Jwt<'a> {
    id: TxId,
    hash: Hash,
    kid: Kid,
    claims: Claims,
    signing_input: &'a str,
    signature: [u8; 64],
}

impl<'a> Jwt<'a> {
    fn parse(jwt: &'a str, ledger: &LedgerId) -> Result<Jwt<'a>, TxError> {
        let (signing_input, signature) = jwt.rsplit_once('.').ok_or(TxError::Framing("a JWT has three parts"))?;
        let (header, payload) = signing_input.split_once('.').ok_or(TxError::Framing("a JWT has three parts"))?;
        if payload.contains('.') {
            return Err(TxError::Framing("a JWT has three parts"));
        }
        let header = unb64(header).ok_or(TxError::Base64("header"))?;
        let header: JoseHeader = read_json(&header, "header", |_| true)?;
        if header.typ != TYP {
            return Err(TxError::Typ(header.typ));
        }
        match header.alg.as_str() {
            "Ed25519" | "EdDSA" => {}
            "SM2" | "SM2SM3" | "SM3withSM2" => return Err(TxError::Sm2NotYet),
            _ => return Err(TxError::Algorithm(header.alg)),
        }
        if header.kid.as_str().len() != 43 {
            return Err(TxError::Framing("kid must be an RFC 7638 thumbprint of 43 characters"));
        }
        let payload = unb64(payload).ok_or(TxError::Base64("payload"))?;
        let claims: Claims = read_json(&payload, "claims", Claims::in_range)?;
        check_claims(&claims, ledger)?;
        let signature: [u8; 64] =
            unb64(signature).and_then(|b| b.try_into().ok()).ok_or(TxError::Base64("signature"))?;
        Ok(Jwt {
            id: TxId(Hash::of(signing_input.as_bytes())),
            hash: Hash::of(jwt.as_bytes()),
            kid: header.kid,
            claims,
            signing_input,
            signature,
        })
    }

    /// The transaction's id.
    pub fn id(&self) -> TxId {
        self.id
    }

    /// Who says it signed.
    pub fn issuer(&self) -> &MemberId {
        &self.claims.iss
    }

    /// Which key it says it used.
    pub fn kid(&self) -> &Kid {
        &self.kid
    }

    /// How many records are signed.
    pub fn record_count(&self) -> usize {
        self.claims.records.len()
    }

    /// The signed digest of a record.
    pub fn digest(&self, index: u16) -> Option<&str> {
        self.claims.records.get(usize::from(index)).map(|record| record.digest.as_str())
    }

    /// Checks the signature with the key that `kid` names.
    ///
    /// # Errors
    /// [`TxError::WrongKey`] or [`TxError::Signature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), TxError> {
        if key.kid() != self.kid {
            return Err(TxError::WrongKey);
        }
        if !key.verify(self.signing_input.as_bytes(), &self.signature) {
            return Err(TxError::Signature);
        }
        Ok(())
    }
}

/// Reads strict JSON. serde's own reading of a closed type refuses all that [`json`] does but integers that are too
/// large, for which there is `in_range`; only what it refuses is read again, to say where.
fn read_json<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
    part: &'static str,
    in_range: impl Fn(&T) -> bool,
) -> Result<T, TxError> {
    if let Some(good) = serde_json::from_slice(bytes).ok().map(|json::Object(good)| good).filter(in_range) {
        return Ok(good);
    }
    let read = json::parse(bytes).and_then(|value| json::shape(value, ""));
    read.map(|json::Object(good)| good).map_err(|error| TxError::Json { part, error })
}

fn check_claims(claims: &Claims, ledger: &LedgerId) -> Result<(), TxError> {
    if claims.aud != *ledger {
        return Err(TxError::Audience);
    }
    if claims._sd_alg.as_deref().is_some_and(|alg| alg != "sha-256") {
        return Err(TxError::DigestAlgorithm);
    }
    if claims.submit_by < claims.iat || claims.submit_by - claims.iat > MAX_LIFETIME_S {
        return Err(TxError::Lifetime);
    }
    if claims.records.is_empty() || claims.records.len() > MAX_RECORDS {
        return Err(TxError::RecordCount(claims.records.len()));
    }
    Ok(())
}

fn read_records(claims: &Claims, disclosures: &[&str]) -> Result<Vec<Record>, TxError> {
    if disclosures.len() != claims.records.len() {
        return Err(TxError::DisclosureCount { digests: claims.records.len(), disclosures: disclosures.len() });
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut records = Vec::with_capacity(disclosures.len());
    for (index, (signed, disclosed)) in claims.records.iter().zip(disclosures).enumerate() {
        if !disclosure::is_digest(&signed.digest, disclosed) {
            return Err(TxError::DisclosureDigest(index));
        }
        if !seen.insert(signed.digest.as_str()) {
            return Err(TxError::RepeatedDigest(index));
        }
        records.push(read_record(disclosed, index)?);
    }
    Ok(records)
}

fn read_record(disclosed: &str, index: usize) -> Result<Record, TxError> {
    if let Some(good) = unb64(disclosed).and_then(|text| Record::from_element(&text)) {
        return Ok(good);
    }
    let place = format!("/records/{index}");
    let value = disclosure::read_element(disclosed, &place)?;
    Record::from_value(value, &place).map_err(|error| TxError::Json { part: "records", error })
}

/// A transaction whose signature was checked with the key it names. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VerifiedTx(Arc<Content>);

impl VerifiedTx {
    /// SHA-256 of the signing input.
    pub fn id(&self) -> TxId {
        self.0.id
    }

    /// SHA-256 of the whole JWT with its signature: what a log leaf commits to. As the JWT names every disclosure by its
    /// digest, it stands for the bytes as sent.
    pub fn jwt_hash(&self) -> Hash {
        self.0.jwt_hash
    }

    /// The signing key's id.
    pub fn kid(&self) -> &Kid {
        &self.0.kid
    }

    /// The signed claims.
    pub fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// The records in signed order.
    pub fn records(&self) -> &[Record] {
        &self.0.records
    }

    /// The id of a record.
    pub fn record_id(&self, index: u16) -> RecordId {
        RecordId { tx: self.0.id, index }
    }

    /// The bytes as sent.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.0.bytes
    }

    /// The same in the form that nodes send and store.
    pub fn packed(&self) -> &Arc<[u8]> {
        self.0.packed.get_or_init(|| packed::pack(&self.0.bytes).into())
    }
}

/// A verified transaction whose signer had the authority to send it, at the height of the state asked.
///
/// Only [`crate::authority::Authority::admit`] makes one.
#[derive(Clone, Debug)]
pub struct AdmittedTx(pub(crate) VerifiedTx);

impl AdmittedTx {
    /// The verified transaction.
    pub fn tx(&self) -> &VerifiedTx {
        &self.0
    }

    /// Gives up the admission: authority is asked again at another height.
    pub fn into_verified(self) -> VerifiedTx {
        self.0
    }
}

#[cfg(test)]
mod tests;
