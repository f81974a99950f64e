//! Time from outside: RFC 3161 requests, responses and tokens. The one home of CMS and X.509.
//!
//! A time-stamping authority signs that it saw a SHA-256 at a time. [`request`] asks it, [`token_of`] takes the token
//! out of its answer, [`Tokens`] checks a token as step 10 of `PROOFS.md` says.
//!
//! A token is read strictly: it must be the DER that writing it again gives, but for the order of its certificates,
//! which authorities do not sort.

mod asn1;
mod verify;

pub use verify::{Anchor, Tokens};

use asn1::{MessageImprint, SHA_256, TimeStampReq, TimeStampResp};
use chain_core::hash::Hash;
use cms::content_info::ContentInfo;
use der::asn1::{Any, Null, OctetString};
use der::{Decode, Encode};
use x509_cert::spki::AlgorithmIdentifierOwned;

/// Why a token, a response or an anchor is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Not DER of the structure that it should be.
    #[error("it is not a {0} in DER")]
    Form(&'static str),
    /// The authority refused.
    #[error("the authority gave no token (status {0}); ask it why, or ask another")]
    Refused(u8),
    /// Not over this imprint.
    #[error("the token is over something else: its imprint is not SHA-256 {0}")]
    Imprint(Hash),
    /// A rule of CMS or RFC 3161 is broken.
    #[error("{0}")]
    Rule(&'static str),
    /// An algorithm that is not supported.
    #[error(
        "{0} is not supported: RSA from 2048 bits (PKCS#1 v1.5) or ECDSA on P-256 or P-384, with SHA-256, 384 or 512"
    )]
    Algorithm(String),
    /// A signature does not verify.
    #[error("the signature of {0} is not valid")]
    Signature(&'static str),
    /// The certificate does not lead to an anchor.
    #[error("the certificate of {0} is neither an anchor nor issued by one")]
    Anchor(String),
    /// The certificate was not valid at the token's time.
    #[error("the certificate of {0} was not valid at the token's time")]
    Expired(String),
}

/// A request for a token over a SHA-256 (RFC 3161, section 2.4.1): DER. It asks for the certificate, which a token needs
/// to be checked by itself; without nonce, because no imprint is asked for twice.
///
/// # Errors
/// None that a hash could cause.
pub fn request(imprint: &Hash) -> Result<Vec<u8>, TokenError> {
    let form = |_| TokenError::Form("request");
    let message_imprint = MessageImprint {
        hash_algorithm: AlgorithmIdentifierOwned {
            oid: SHA_256,
            parameters: Some(Any::encode_from(&Null).map_err(form)?),
        },
        hashed_message: OctetString::new(imprint.as_bytes().as_slice()).map_err(form)?,
    };
    TimeStampReq { version: 1, message_imprint, cert_req: true }.to_der().map_err(form)
}

/// The token of a response, or the token itself where only that is given.
///
/// # Errors
/// [`TokenError::Form`], [`TokenError::Refused`].
pub fn token_of(response: &[u8]) -> Result<Vec<u8>, TokenError> {
    let token = match TimeStampResp::from_der(response) {
        Ok(TimeStampResp { status, token }) if status.status <= 1 => {
            token.ok_or(TokenError::Form("response with a token"))?
        }
        Ok(TimeStampResp { status, .. }) => return Err(TokenError::Refused(status.status)),
        Err(_) => ContentInfo::from_der(response).map_err(|_| TokenError::Form("time-stamp response or token"))?,
    };
    token.to_der().map_err(|_| TokenError::Form("time-stamp token"))
}

#[cfg(test)]
mod tests;
