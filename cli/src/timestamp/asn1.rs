//! The structures of RFC 3161, RFC 5652 and RFC 5816 that the crates do not have, or not as authorities write them.

use cms::cert::CertificateChoices;
use cms::content_info::{CmsVersion, ContentInfo};
use cms::revocation::RevocationInfoChoices;
use cms::signed_data::{DigestAlgorithmIdentifiers, EncapsulatedContentInfo, SignerInfos};
use der::asn1::{Any, BitString, Int, ObjectIdentifier, OctetString};
use der::{DateTime, Sequence, Tag, Tagged};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::spki::AlgorithmIdentifierOwned;

/// SHA-256 (RFC 5754).
pub const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// SHA-384.
pub const SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
/// SHA-512.
pub const SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
/// `id-signedData` (RFC 5652).
pub const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// `id-ct-TSTInfo` (RFC 3161).
pub const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// `id-contentType` (RFC 5652, section 11.1).
pub const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
/// `id-messageDigest` (RFC 5652, section 11.2).
pub const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
/// `id-aa-signingCertificateV2` (RFC 5035).
pub const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// `id-kp-timeStamping` (RFC 5280).
pub const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// RFC 5652, section 5.1, with the certificates in the order in which they stand.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct SignedData {
    /// 3.
    pub version: CmsVersion,
    /// Hash functions of the signers.
    pub digest_algorithms: DigestAlgorithmIdentifiers,
    /// What is signed.
    pub content: EncapsulatedContentInfo,
    /// A SET OF in the standard; not sorted by those who make tokens.
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub certificates: Option<Vec<CertificateChoices>>,
    /// Revocation lists: not looked at.
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub crls: Option<RevocationInfoChoices>,
    /// Who signed.
    pub signer_infos: SignerInfos,
}

/// What is stamped.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct MessageImprint {
    /// The hash function.
    pub hash_algorithm: AlgorithmIdentifierOwned,
    /// The hash.
    pub hashed_message: OctetString,
}

/// RFC 3161, section 2.4.1, without the optional fields that are not used here.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct TimeStampReq {
    /// 1.
    pub version: u8,
    /// What is to be stamped.
    pub message_imprint: MessageImprint,
    /// Whether the certificate is to come along.
    pub cert_req: bool,
}

/// RFC 3161, section 2.4.2.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct PkiStatusInfo {
    /// 0 granted, 1 granted with modifications, else refused.
    pub status: u8,
    /// Why, for people: a SEQUENCE OF UTF8String.
    #[asn1(optional = "true")]
    pub status_string: Option<Vec<Any>>,
    /// Why, for programs.
    #[asn1(optional = "true")]
    pub fail_info: Option<BitString>,
}

/// RFC 3161, section 2.4.2.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct TimeStampResp {
    /// How it went.
    pub status: PkiStatusInfo,
    /// The token, where it went well.
    #[asn1(optional = "true")]
    pub token: Option<ContentInfo>,
}

/// RFC 3161, section 2.4.2.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct Accuracy {
    /// Seconds.
    #[asn1(optional = "true")]
    pub seconds: Option<u64>,
    /// Milliseconds.
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub millis: Option<u16>,
    /// Microseconds.
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub micros: Option<u16>,
}

/// What the authority signs (RFC 3161, section 2.4.2).
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct TstInfo {
    /// 1.
    pub version: u8,
    /// The authority's policy.
    pub policy: ObjectIdentifier,
    /// What was stamped.
    pub message_imprint: MessageImprint,
    /// The token's number.
    pub serial_number: Int,
    /// When: see [`TstInfo::time`].
    pub gen_time: Any,
    /// How exact.
    #[asn1(optional = "true")]
    pub accuracy: Option<Accuracy>,
    /// Whether all tokens of the authority can be put in order by their times.
    #[asn1(default = "Default::default")]
    pub ordering: bool,
    /// The request's nonce.
    #[asn1(optional = "true")]
    pub nonce: Option<Int>,
    /// The authority's name.
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub tsa: Option<GeneralName>,
    /// Extensions.
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub extensions: Option<Extensions>,
}

impl TstInfo {
    /// The time in Unix seconds, a fraction cut off. None where it is not `YYYYMMDDHHMMSS[.f…]Z` in UTC, the fraction
    /// without zeros at its end (RFC 3161).
    pub fn time(&self) -> Option<u64> {
        if self.gen_time.tag() != Tag::GeneralizedTime {
            return None;
        }
        let text = std::str::from_utf8(self.gen_time.value()).ok()?.strip_suffix('Z')?;
        let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() != 14 || !digits(whole) || !fraction.is_none_or(|f| digits(f) && !f.ends_with('0')) {
            return None;
        }
        let two = |at: usize| whole.get(at..at + 2)?.parse::<u8>().ok();
        let year: u16 = whole.get(..4)?.parse().ok()?;
        let time = DateTime::new(year, two(4)?, two(6)?, two(8)?, two(10)?, two(12)?).ok()?;
        Some(time.unix_duration().as_secs())
    }
}

/// Which certificate signed (RFC 5035, section 4).
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct EssCertIdV2 {
    /// SHA-256 where it is left out.
    #[asn1(optional = "true")]
    pub hash_algorithm: Option<AlgorithmIdentifierOwned>,
    /// Hash of the certificate.
    pub cert_hash: OctetString,
    /// Issuer and number.
    #[asn1(optional = "true")]
    pub issuer_serial: Option<IssuerSerial>,
}

/// RFC 5035, section 4.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct IssuerSerial {
    /// Its issuer.
    pub issuer: Vec<GeneralName>,
    /// Its number.
    pub serial_number: Int,
}

/// RFC 5035, section 3.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct SigningCertificateV2 {
    /// The first is the signer's.
    pub certs: Vec<EssCertIdV2>,
    /// Policies.
    #[asn1(optional = "true")]
    pub policies: Option<Vec<Any>>,
}
