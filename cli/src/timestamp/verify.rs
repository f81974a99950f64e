//! Checking a token: `PROOFS.md`, "Evidence bundles", step 10.

use super::TokenError;
use super::asn1::{
    CONTENT_TYPE, MESSAGE_DIGEST, SHA_256, SHA_384, SHA_512, SIGNED_DATA, SIGNING_CERTIFICATE_V2, SignedData,
    SigningCertificateV2, TIME_STAMPING, TST_INFO, TstInfo,
};
use chain_core::bundle::{Stamped, TimeToken};
use chain_core::hash::Hash;
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignerIdentifier, SignerInfo};
use der::asn1::{Any, ObjectIdentifier, OctetString};
use der::{Decode, DecodePem, Encode};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use ring::signature::{self as rsa, UnparsedPublicKey};
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, SubjectKeyIdentifier};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ECDSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");

/// A certificate that the verifier trusts: an authority's own, or that of who issued it.
#[derive(Clone, Debug)]
pub struct Anchor(Certificate);

impl Anchor {
    /// Reads a certificate, PEM or DER.
    ///
    /// # Errors
    /// [`TokenError::Form`].
    pub fn read(file: &[u8]) -> Result<Anchor, TokenError> {
        let read = if file.starts_with(b"-----") { Certificate::from_pem(file) } else { Certificate::from_der(file) };
        read.map(Anchor).map_err(|_| TokenError::Form("certificate"))
    }

    /// Whether this certificate, as a certification authority, issued another.
    fn issued(&self, other: &Certificate) -> bool {
        let Certificate { tbs_certificate: own, .. } = &self.0;
        let authority = own.get::<BasicConstraints>().ok().flatten().is_some_and(|(_, constraints)| constraints.ca);
        let Ok(signed) = other.tbs_certificate.to_der() else { return false };
        authority
            && own.subject == other.tbs_certificate.issuer
            && hash_of_signature(&other.signature_algorithm.oid, None).is_ok_and(|hash| {
                let signature = other.signature.raw_bytes();
                verify(&own.subject_public_key_info, &other.signature_algorithm.oid, hash, &signed, signature).is_ok()
            })
    }
}

/// Checks tokens, with the anchors that the verifier names.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// None: a good token is accepted, and nobody vouches for its authority.
    pub anchors: Vec<Anchor>,
}

impl TimeToken for Tokens {
    fn check(&self, der: &[u8], imprint: &Hash) -> Result<Stamped, String> {
        self.verify(der, imprint).map_err(|error| error.to_string())
    }
}

impl Tokens {
    /// Checks a token over an imprint.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn verify(&self, token: &[u8], imprint: &Hash) -> Result<Stamped, TokenError> {
        let form = |_| TokenError::Form("time-stamp token");
        let content = ContentInfo::from_der(token).map_err(form)?;
        if content.content_type != SIGNED_DATA {
            return Err(TokenError::Form("CMS SignedData"));
        }
        let signed: SignedData = content.content.decode_as().map_err(form)?;
        // One spelling: no other lengths, no defaults written out, no set out of order but that of the certificates.
        if Any::encode_from(&signed).map_err(form)? != content.content || content.to_der().map_err(form)? != token {
            return Err(TokenError::Form("time-stamp token"));
        }
        let info = stamped(&signed)?;
        let stated = TstInfo::from_der(&info).map_err(|_| TokenError::Form("TSTInfo"))?;
        let time = stated.time().ok_or(TokenError::Rule("the token's time is not one in UTC"))?;
        check_info(&stated, &info, imprint)?;
        let [signer] = signed.signer_infos.0.as_slice() else {
            return Err(TokenError::Rule("a token has exactly one signer"));
        };
        let certificate = certificate_of(&signed, signer)?;
        check_signature(signer, certificate, &info)?;
        check_purpose(certificate)?;
        let authority = certificate.tbs_certificate.subject.to_string();
        let anchored = self.vouch(certificate, &authority, time)?;
        Ok(Stamped { time, authority, anchored })
    }

    /// Whether an anchor stands behind the certificate. Without anchors nobody does; with some, one must.
    fn vouch(&self, certificate: &Certificate, authority: &str, time: u64) -> Result<bool, TokenError> {
        if self.anchors.is_empty() {
            return Ok(false);
        }
        if !self.anchors.iter().any(|anchor| anchor.0 == *certificate || anchor.issued(certificate)) {
            return Err(TokenError::Anchor(authority.to_owned()));
        }
        let validity = &certificate.tbs_certificate.validity;
        let (from, until) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
        if (from.as_secs()..=until.as_secs()).contains(&time) {
            Ok(true)
        } else {
            Err(TokenError::Expired(authority.to_owned()))
        }
    }
}

/// The octets that are signed: the DER of the TSTInfo.
fn stamped(signed: &SignedData) -> Result<Vec<u8>, TokenError> {
    let content = &signed.content;
    if content.econtent_type != TST_INFO {
        return Err(TokenError::Form("CMS SignedData over a TSTInfo"));
    }
    let octets = content.econtent.as_ref().and_then(|any| any.decode_as::<OctetString>().ok());
    octets.map(|octets| octets.as_bytes().to_vec()).ok_or(TokenError::Form("CMS SignedData over a TSTInfo"))
}

fn check_info(stated: &TstInfo, bytes: &[u8], imprint: &Hash) -> Result<(), TokenError> {
    if stated.version != 1 || stated.to_der().ok().as_deref() != Some(bytes) {
        return Err(TokenError::Form("TSTInfo"));
    }
    if stated.extensions.iter().flatten().any(|extension| extension.critical) {
        return Err(TokenError::Rule("the token has a critical extension that is not known"));
    }
    let over = &stated.message_imprint;
    if over.hash_algorithm.oid != SHA_256 || over.hashed_message.as_bytes() != imprint.as_bytes() {
        return Err(TokenError::Imprint(*imprint));
    }
    Ok(())
}

/// The certificate that the signer names, out of the token.
fn certificate_of<'a>(signed: &'a SignedData, signer: &SignerInfo) -> Result<&'a Certificate, TokenError> {
    let named = |certificate: &&Certificate| {
        let tbs = &certificate.tbs_certificate;
        match &signer.sid {
            SignerIdentifier::IssuerAndSerialNumber(id) => {
                id.issuer == tbs.issuer && id.serial_number == tbs.serial_number
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => {
                tbs.get::<SubjectKeyIdentifier>().ok().flatten().is_some_and(|(_, own)| own == *id)
            }
        }
    };
    signed
        .certificates
        .iter()
        .flatten()
        .filter_map(|choice| if let CertificateChoices::Certificate(own) = choice { Some(own) } else { None })
        .find(named)
        .ok_or(TokenError::Rule("the token does not bring the certificate of its signer; ask for it in the request"))
}

/// The one value of an attribute. None where it is not there.
fn attribute<'a>(signer: &'a SignerInfo, oid: &ObjectIdentifier) -> Result<Option<&'a Any>, TokenError> {
    let mut found = signer.signed_attrs.iter().flat_map(|set| set.iter()).filter(|attribute| attribute.oid == *oid);
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some(attribute), None) if attribute.values.len() == 1 => Ok(attribute.values.get(0)),
        _ => Err(TokenError::Rule("a signed attribute stands twice or has not one value")),
    }
}

fn check_signature(signer: &SignerInfo, certificate: &Certificate, info: &[u8]) -> Result<(), TokenError> {
    let missing = TokenError::Rule("the token's signed attributes lack contentType or messageDigest");
    let Some(attributes) = &signer.signed_attrs else { return Err(missing) };
    let (Some(kind), Some(digest)) = (attribute(signer, &CONTENT_TYPE)?, attribute(signer, &MESSAGE_DIGEST)?) else {
        return Err(missing);
    };
    let hash = hash_named(&signer.digest_alg.oid)?;
    let stated = digest.decode_as::<OctetString>().map_err(|_| TokenError::Form("messageDigest"))?;
    if kind.decode_as::<ObjectIdentifier>().ok() != Some(TST_INFO) || stated.as_bytes() != hash.of(info) {
        return Err(TokenError::Rule("contentType or messageDigest is not that of the TSTInfo"));
    }
    if let Some(named) = attribute(signer, &SIGNING_CERTIFICATE_V2)? {
        check_named_certificate(named, certificate)?;
    }
    let message = attributes.to_der().map_err(|_| TokenError::Form("set of signed attributes"))?;
    let algorithm = &signer.signature_algorithm.oid;
    if hash_of_signature(algorithm, Some(hash))? != hash {
        return Err(TokenError::Rule("digest and signature use different hash functions"));
    }
    let key = &certificate.tbs_certificate.subject_public_key_info;
    verify(key, algorithm, hash, &message, signer.signature.as_bytes())
}

/// RFC 5816: the certificate that the signed attributes name is the one that verifies.
fn check_named_certificate(named: &Any, certificate: &Certificate) -> Result<(), TokenError> {
    let wrong = TokenError::Rule("signingCertificateV2 names another certificate");
    let read: SigningCertificateV2 = named.decode_as().map_err(|_| TokenError::Form("signingCertificateV2"))?;
    let Some(first) = read.certs.first() else { return Err(wrong) };
    let hash = first.hash_algorithm.as_ref().map_or(Ok(HashName::Sha256), |named| hash_named(&named.oid))?;
    let bytes = certificate.to_der().map_err(|_| TokenError::Form("certificate"))?;
    let serial = certificate.tbs_certificate.serial_number.as_bytes();
    let numbered = first.issuer_serial.as_ref().is_none_or(|named| named.serial_number.as_bytes() == serial);
    if first.cert_hash.as_bytes() == hash.of(&bytes) && numbered { Ok(()) } else { Err(wrong) }
}

/// RFC 3161, section 2.3: the certificate is for time-stamping alone, and says so critically.
fn check_purpose(certificate: &Certificate) -> Result<(), TokenError> {
    let usage = certificate.tbs_certificate.get::<ExtendedKeyUsage>();
    match usage {
        Ok(Some((true, ExtendedKeyUsage(uses)))) if uses == [TIME_STAMPING] => Ok(()),
        _ => Err(TokenError::Rule("the certificate is not for time-stamping alone, marked critical")),
    }
}

/// A hash function of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HashName {
    Sha256,
    Sha384,
    Sha512,
}

impl HashName {
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            HashName::Sha256 => Sha256::digest(bytes).to_vec(),
            HashName::Sha384 => Sha384::digest(bytes).to_vec(),
            HashName::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

fn hash_named(oid: &ObjectIdentifier) -> Result<HashName, TokenError> {
    match *oid {
        SHA_256 => Ok(HashName::Sha256),
        SHA_384 => Ok(HashName::Sha384),
        SHA_512 => Ok(HashName::Sha512),
        other => Err(TokenError::Algorithm(other.to_string())),
    }
}

/// The hash function of a signature algorithm; `rsaEncryption` leaves it to the digest algorithm beside it.
fn hash_of_signature(oid: &ObjectIdentifier, beside: Option<HashName>) -> Result<HashName, TokenError> {
    match *oid {
        RSA_SHA_256 | ECDSA_SHA_256 => Ok(HashName::Sha256),
        RSA_SHA_384 | ECDSA_SHA_384 => Ok(HashName::Sha384),
        RSA_SHA_512 | ECDSA_SHA_512 => Ok(HashName::Sha512),
        RSA => beside.ok_or_else(|| TokenError::Algorithm(oid.to_string())),
        other => Err(TokenError::Algorithm(other.to_string())),
    }
}

/// Verifies a signature with the key of a certificate.
fn verify(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &ObjectIdentifier,
    hash: HashName,
    message: &[u8],
    signature: &[u8],
) -> Result<(), TokenError> {
    let bad = |_| TokenError::Signature("the authority");
    let elliptic = matches!(*algorithm, ECDSA_SHA_256 | ECDSA_SHA_384 | ECDSA_SHA_512);
    let AlgorithmIdentifierOwned { oid, parameters } = &key.algorithm;
    let curve = parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let point = key.subject_public_key.raw_bytes();
    match (*oid, curve) {
        (RSA, _) if !elliptic => {
            let scheme: &dyn rsa::VerificationAlgorithm = match hash {
                HashName::Sha256 => &rsa::RSA_PKCS1_2048_8192_SHA256,
                HashName::Sha384 => &rsa::RSA_PKCS1_2048_8192_SHA384,
                HashName::Sha512 => &rsa::RSA_PKCS1_2048_8192_SHA512,
            };
            UnparsedPublicKey::new(scheme, point)
                .verify(message, signature)
                .map_err(|_| TokenError::Signature("the authority"))
        }
        (EC, Some(P_256)) if elliptic => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(bad)?;
            let signature = p256::ecdsa::Signature::from_der(signature).map_err(bad)?;
            key.verify_prehash(&hash.of(message), &signature).map_err(bad)
        }
        (EC, Some(P_384)) if elliptic => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(bad)?;
            let signature = p384::ecdsa::Signature::from_der(signature).map_err(bad)?;
            key.verify_prehash(&hash.of(message), &signature).map_err(bad)
        }
        _ => Err(TokenError::Algorithm(format!("a key of {oid} with signatures of {algorithm}"))),
    }
}
