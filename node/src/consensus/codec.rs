//! How the engine's messages look on the wire and in its write-ahead log: bincode, bounded, no trailing bytes.
//! Only our own nodes read this; nothing encoded here is hashed or signed.

use std::sync::Arc;

use bincode::{Decode, Encode};
use bytes::Bytes;
use malachite::app::consensus::LivenessMsg;
use malachite::app::streaming::StreamContent;
use malachite::app::types::codec::{Codec, HasEncodedLen};
use malachite::app::types::core::{
    ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, PolkaCertificate, PolkaSignature, Round,
    RoundCertificate, RoundCertificateType, RoundSignature, SignedProposal, SignedVote, ValidatorProof, Validity,
    VoteType,
};
use malachite::app::types::streaming::{StreamId, StreamMessage};
use malachite::app::types::sync::{RawDecidedValue, Request, Response, Status};
use malachite::app::types::{PeerId, ProposedValue, SignedConsensusMsg};

use malachite_sync::{ValueRequest, ValueResponse};

use super::context::{Address, BlockId, Ctx, Height, Part, Proposal, Vote};
use super::hold::Activity;
use super::signing::Signature;
use super::vote_bytes::StreamStatement;

/// Longest vote, proposal, certificate, status or request, in bytes.
pub(super) const MAX_MESSAGE: usize = 64 * 1024;
/// Longest message with a part of a block, in bytes.
pub(super) const MAX_PART_MESSAGE: usize = super::stream::PART_BYTES + 1024;
/// Longest response of value sync, in bytes.
pub(super) const MAX_RESPONSE: usize = 12 * 1024 * 1024;
/// No honest network comes to this round; the engine adds to rounds and must not overflow.
const MAX_ROUND: u32 = 1 << 20;

/// Why a message of a peer, or of the log, cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum CodecError {
    #[error("cannot encode: {0}")]
    Encode(#[from] bincode::error::EncodeError),
    #[error("cannot decode: {0}")]
    Decode(#[from] bincode::error::DecodeError),
    #[error("message of {0} bytes is too long")]
    TooLong(usize),
    #[error("bytes after the end of the message")]
    Trailing,
    #[error("impossible round")]
    Round,
    #[error("malformed peer id")]
    PeerId,
    #[error("this message is not used")]
    Unused,
}

type Result<T> = std::result::Result<T, CodecError>;

/// The codec given to the engine. It also notes how far peers say that they are, since the engine does not tell.
#[derive(Clone)]
pub(super) struct WireCodec {
    pub(super) activity: Arc<Activity>,
}

fn encode<T: Encode>(wire: T) -> Result<Bytes> {
    Ok(bincode::encode_to_vec(wire, bincode::config::standard())?.into())
}

fn decode<T: Decode<()>, const MAX: usize>(bytes: &[u8]) -> Result<T> {
    if bytes.len() > MAX {
        return Err(CodecError::TooLong(bytes.len()));
    }
    let (wire, read) = bincode::decode_from_slice(bytes, bincode::config::standard().with_limit::<MAX>())?;
    if read == bytes.len() { Ok(wire) } else { Err(CodecError::Trailing) }
}

fn from_round(round: Round) -> Result<u32> {
    round.as_u32().ok_or(CodecError::Round)
}

fn to_round(round: u32) -> Result<Round> {
    if round <= MAX_ROUND { Ok(Round::new(round)) } else { Err(CodecError::Round) }
}

fn to_optional_round(round: Option<u32>) -> Result<Round> {
    round.map_or(Ok(Round::Nil), to_round)
}

fn from_value(value: &NilOrVal<BlockId>) -> Option<[u8; 32]> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(id) => Some(id.0),
    }
}

fn to_value(value: Option<[u8; 32]>) -> NilOrVal<BlockId> {
    value.map_or(NilOrVal::Nil, |id| NilOrVal::Val(BlockId(id)))
}

fn to_kind(precommit: bool) -> VoteType {
    if precommit { VoteType::Precommit } else { VoteType::Prevote }
}

#[derive(Encode, Decode)]
struct WireVote {
    precommit: bool,
    height: u64,
    round: u32,
    value: Option<[u8; 32]>,
    voter: [u8; 32],
    signature: [u8; 64],
}

impl WireVote {
    fn new(vote: &SignedVote<Ctx>) -> Result<Self> {
        Ok(Self {
            precommit: vote.message.kind == VoteType::Precommit,
            height: vote.message.height.0,
            round: from_round(vote.message.round)?,
            value: from_value(&vote.message.value),
            voter: vote.message.voter.0,
            signature: vote.signature.0,
        })
    }

    fn read(self) -> Result<SignedVote<Ctx>> {
        let vote = Vote {
            kind: to_kind(self.precommit),
            height: Height(self.height),
            round: to_round(self.round)?,
            value: to_value(self.value),
            voter: Address(self.voter),
        };
        Ok(SignedVote::new(vote, Signature(self.signature)))
    }
}

#[derive(Encode, Decode)]
struct WireProposal {
    height: u64,
    round: u32,
    valid_round: Option<u32>,
    value: [u8; 32],
    proposer: [u8; 32],
    signature: [u8; 64],
}

impl WireProposal {
    fn new(proposal: &SignedProposal<Ctx>) -> Result<Self> {
        Ok(Self {
            height: proposal.message.height.0,
            round: from_round(proposal.message.round)?,
            valid_round: proposal.message.valid_round.as_u32(),
            value: proposal.message.value.0,
            proposer: proposal.message.proposer.0,
            signature: proposal.signature.0,
        })
    }

    fn read(self) -> Result<SignedProposal<Ctx>> {
        let proposal = Proposal {
            height: Height(self.height),
            round: to_round(self.round)?,
            value: BlockId(self.value),
            valid_round: to_optional_round(self.valid_round)?,
            proposer: Address(self.proposer),
        };
        Ok(SignedProposal::new(proposal, Signature(self.signature)))
    }
}

#[derive(Encode, Decode)]
enum WireMessage {
    Vote(WireVote),
    Proposal(WireProposal),
}

impl Codec<SignedConsensusMsg<Ctx>> for WireCodec {
    type Error = CodecError;

    fn encode(&self, message: &SignedConsensusMsg<Ctx>) -> Result<Bytes> {
        encode(match message {
            SignedConsensusMsg::Vote(vote) => WireMessage::Vote(WireVote::new(vote)?),
            SignedConsensusMsg::Proposal(proposal) => WireMessage::Proposal(WireProposal::new(proposal)?),
        })
    }

    fn decode(&self, bytes: Bytes) -> Result<SignedConsensusMsg<Ctx>> {
        Ok(match decode::<_, MAX_MESSAGE>(&bytes)? {
            WireMessage::Vote(vote) => SignedConsensusMsg::Vote(vote.read()?),
            WireMessage::Proposal(proposal) => SignedConsensusMsg::Proposal(proposal.read()?),
        })
    }
}

/// A commit or polka certificate: the vote in common and who signed it.
#[derive(Encode, Decode)]
struct WireCertificate {
    height: u64,
    round: u32,
    value: [u8; 32],
    signatures: Vec<([u8; 32], [u8; 64])>,
}

impl WireCertificate {
    fn from_polka(polka: &PolkaCertificate<Ctx>) -> Result<Self> {
        Ok(Self {
            height: polka.height.0,
            round: from_round(polka.round)?,
            value: polka.value_id.0,
            signatures: polka.polka_signatures.iter().map(|s| (s.address.0, s.signature.0)).collect(),
        })
    }

    fn into_polka(self) -> Result<PolkaCertificate<Ctx>> {
        let signature = |(voter, signature)| PolkaSignature::new(Address(voter), Signature(signature));
        Ok(PolkaCertificate {
            height: Height(self.height),
            round: to_round(self.round)?,
            value_id: BlockId(self.value),
            polka_signatures: self.signatures.into_iter().map(signature).collect(),
        })
    }

    fn from_commit(commit: &ExtendedCommitCertificate<Ctx>) -> Result<Self> {
        Ok(Self {
            height: commit.height.0,
            round: from_round(commit.round)?,
            value: commit.value_id.0,
            signatures: commit.commit_signatures.iter().map(|s| (s.address.0, s.signature.0)).collect(),
        })
    }

    fn into_commit(self) -> Result<ExtendedCommitCertificate<Ctx>> {
        let signature = |(voter, signature)| ExtendedCommitSignature::new(Address(voter), Signature(signature), None);
        Ok(ExtendedCommitCertificate {
            height: Height(self.height),
            round: to_round(self.round)?,
            value_id: BlockId(self.value),
            commit_signatures: self.signatures.into_iter().map(signature).collect(),
        })
    }
}

impl Codec<PolkaCertificate<Ctx>> for WireCodec {
    type Error = CodecError;

    fn encode(&self, polka: &PolkaCertificate<Ctx>) -> Result<Bytes> {
        encode(WireCertificate::from_polka(polka)?)
    }

    fn decode(&self, bytes: Bytes) -> Result<PolkaCertificate<Ctx>> {
        decode::<WireCertificate, MAX_MESSAGE>(&bytes)?.into_polka()
    }
}

#[derive(Encode, Decode)]
struct WireRoundSignature {
    precommit: bool,
    value: Option<[u8; 32]>,
    voter: [u8; 32],
    signature: [u8; 64],
}

#[derive(Encode, Decode)]
struct WireRoundCertificate {
    height: u64,
    round: u32,
    precommits: bool,
    signatures: Vec<WireRoundSignature>,
}

impl WireRoundCertificate {
    fn new(certificate: &RoundCertificate<Ctx>) -> Result<Self> {
        let signature = |s: &RoundSignature<Ctx>| WireRoundSignature {
            precommit: s.vote_type == VoteType::Precommit,
            value: from_value(&s.value_id),
            voter: s.address.0,
            signature: s.signature.0,
        };
        Ok(Self {
            height: certificate.height.0,
            round: from_round(certificate.round)?,
            precommits: certificate.cert_type == RoundCertificateType::Precommit,
            signatures: certificate.round_signatures.iter().map(signature).collect(),
        })
    }

    fn read(self) -> Result<RoundCertificate<Ctx>> {
        let signature = |s: WireRoundSignature| {
            RoundSignature::new(to_kind(s.precommit), to_value(s.value), Address(s.voter), Signature(s.signature))
        };
        let cert_type = if self.precommits { RoundCertificateType::Precommit } else { RoundCertificateType::Skip };
        Ok(RoundCertificate {
            height: Height(self.height),
            round: to_round(self.round)?,
            cert_type,
            round_signatures: self.signatures.into_iter().map(signature).collect(),
        })
    }
}

#[derive(Encode, Decode)]
enum WireLiveness {
    Vote(WireVote),
    Polka(WireCertificate),
    Round(WireRoundCertificate),
}

impl Codec<LivenessMsg<Ctx>> for WireCodec {
    type Error = CodecError;

    fn encode(&self, message: &LivenessMsg<Ctx>) -> Result<Bytes> {
        encode(match message {
            LivenessMsg::Vote(vote) => WireLiveness::Vote(WireVote::new(vote)?),
            LivenessMsg::PolkaCertificate(polka) => WireLiveness::Polka(WireCertificate::from_polka(polka)?),
            LivenessMsg::SkipRoundCertificate(round) => WireLiveness::Round(WireRoundCertificate::new(round)?),
        })
    }

    fn decode(&self, bytes: Bytes) -> Result<LivenessMsg<Ctx>> {
        Ok(match decode::<_, MAX_MESSAGE>(&bytes)? {
            WireLiveness::Vote(vote) => LivenessMsg::Vote(vote.read()?),
            WireLiveness::Polka(polka) => LivenessMsg::PolkaCertificate(polka.into_polka()?),
            WireLiveness::Round(round) => LivenessMsg::SkipRoundCertificate(round.read()?),
        })
    }
}

#[derive(Encode, Decode)]
enum WirePart {
    Init {
        height: u64,
        round: u32,
        valid_round: Option<u32>,
        block_hash: [u8; 32],
        payload_hash: [u8; 32],
        length: u64,
        proposer: [u8; 32],
        signature: [u8; 64],
    },
    Data(Vec<u8>),
}

impl WirePart {
    fn new(part: &Part) -> Self {
        match part {
            Part::Init(s, signature) => WirePart::Init {
                height: s.height,
                round: s.round,
                valid_round: s.valid_round,
                block_hash: s.block_hash,
                payload_hash: s.payload_hash,
                length: s.length,
                proposer: s.proposer,
                signature: *signature,
            },
            Part::Data(bytes) => WirePart::Data(bytes.to_vec()),
        }
    }

    fn read(self) -> Result<Part> {
        Ok(match self {
            WirePart::Init { height, round, valid_round, block_hash, payload_hash, length, proposer, signature } => {
                to_round(round)?;
                to_optional_round(valid_round)?;
                let statement =
                    StreamStatement { height, round, valid_round, block_hash, payload_hash, length, proposer };
                Part::Init(statement, signature)
            }
            WirePart::Data(bytes) => Part::Data(bytes.into()),
        })
    }
}

impl Codec<Part> for WireCodec {
    type Error = CodecError;

    fn encode(&self, part: &Part) -> Result<Bytes> {
        encode(WirePart::new(part))
    }

    fn decode(&self, bytes: Bytes) -> Result<Part> {
        decode::<WirePart, MAX_PART_MESSAGE>(&bytes)?.read()
    }
}

#[derive(Encode, Decode)]
struct WireStream {
    id: [u8; super::stream::STREAM_ID_BYTES],
    sequence: u64,
    part: WirePart,
}

impl Codec<StreamMessage<Part>> for WireCodec {
    type Error = CodecError;

    fn encode(&self, message: &StreamMessage<Part>) -> Result<Bytes> {
        let id = message.stream_id.to_bytes().as_ref().try_into().map_err(|_| CodecError::Unused)?;
        let part = message.content.as_data().ok_or(CodecError::Unused)?;
        encode(WireStream { id, sequence: message.sequence, part: WirePart::new(part) })
    }

    fn decode(&self, bytes: Bytes) -> Result<StreamMessage<Part>> {
        let wire: WireStream = decode::<_, MAX_PART_MESSAGE>(&bytes)?;
        let id = StreamId::new(wire.id.to_vec().into());
        Ok(StreamMessage::new(id, wire.sequence, StreamContent::Data(wire.part.read()?)))
    }
}

#[derive(Encode, Decode)]
struct WireProposedValue {
    height: u64,
    round: u32,
    valid_round: Option<u32>,
    proposer: [u8; 32],
    value: [u8; 32],
    valid: bool,
}

impl Codec<ProposedValue<Ctx>> for WireCodec {
    type Error = CodecError;

    fn encode(&self, value: &ProposedValue<Ctx>) -> Result<Bytes> {
        encode(WireProposedValue {
            height: value.height.0,
            round: from_round(value.round)?,
            valid_round: value.valid_round.as_u32(),
            proposer: value.proposer.0,
            value: value.value.0,
            valid: value.validity.is_valid(),
        })
    }

    fn decode(&self, bytes: Bytes) -> Result<ProposedValue<Ctx>> {
        let wire: WireProposedValue = decode::<_, MAX_MESSAGE>(&bytes)?;
        Ok(ProposedValue {
            height: Height(wire.height),
            round: to_round(wire.round)?,
            valid_round: to_optional_round(wire.valid_round)?,
            proposer: Address(wire.proposer),
            value: BlockId(wire.value),
            validity: Validity::from_bool(wire.valid),
        })
    }
}

// Validator proofs are not used: peers are pinned by their network keys.
impl Codec<ValidatorProof<Ctx>> for WireCodec {
    type Error = CodecError;

    fn encode(&self, _: &ValidatorProof<Ctx>) -> Result<Bytes> {
        Err(CodecError::Unused)
    }

    fn decode(&self, _: Bytes) -> Result<ValidatorProof<Ctx>> {
        Err(CodecError::Unused)
    }
}

#[derive(Encode, Decode)]
struct WireStatus {
    peer: Vec<u8>,
    tip: u64,
    earliest: u64,
}

impl Codec<Status<Ctx>> for WireCodec {
    type Error = CodecError;

    fn encode(&self, status: &Status<Ctx>) -> Result<Bytes> {
        encode(WireStatus {
            peer: status.peer_id.to_bytes(),
            tip: status.tip_height.0,
            earliest: status.history_min_height.0,
        })
    }

    fn decode(&self, bytes: Bytes) -> Result<Status<Ctx>> {
        let wire: WireStatus = decode::<_, MAX_MESSAGE>(&bytes)?;
        let peer_id = PeerId::from_bytes(&wire.peer).map_err(|_| CodecError::PeerId)?;
        self.activity.peer_tip(wire.tip);
        Ok(Status { peer_id, tip_height: Height(wire.tip), history_min_height: Height(wire.earliest) })
    }
}

impl Codec<Request<Ctx>> for WireCodec {
    type Error = CodecError;

    fn encode(&self, request: &Request<Ctx>) -> Result<Bytes> {
        let Request::ValueRequest(request) = request;
        encode((request.range.start().0, request.range.end().0))
    }

    fn decode(&self, bytes: Bytes) -> Result<Request<Ctx>> {
        let (start, end) = decode::<(u64, u64), MAX_MESSAGE>(&bytes)?;
        Ok(Request::ValueRequest(ValueRequest::new(Height(start)..=Height(end))))
    }
}

#[derive(Encode, Decode)]
struct WireResponse {
    start: u64,
    values: Vec<(Vec<u8>, WireCertificate)>,
}

impl Codec<Response<Ctx>> for WireCodec {
    type Error = CodecError;

    fn encode(&self, response: &Response<Ctx>) -> Result<Bytes> {
        let Response::ValueResponse(response) = response;
        let value =
            |v: &RawDecidedValue<Ctx>| Ok((v.value_bytes.to_vec(), WireCertificate::from_commit(&v.certificate)?));
        let values = response.values.iter().map(value).collect::<Result<_>>()?;
        encode(WireResponse { start: response.start_height.0, values })
    }

    fn decode(&self, bytes: Bytes) -> Result<Response<Ctx>> {
        let wire: WireResponse = decode::<_, MAX_RESPONSE>(&bytes)?;
        let value = |(bytes, certificate): (Vec<u8>, WireCertificate)| {
            Ok(RawDecidedValue::new(bytes.into(), certificate.into_commit()?))
        };
        let values = wire.values.into_iter().map(value).collect::<Result<_>>()?;
        Ok(Response::ValueResponse(ValueResponse::new(Height(wire.start), values)))
    }
}

impl HasEncodedLen<Response<Ctx>> for WireCodec {
    // An upper bound is enough: the engine only compares it with the longest response.
    fn encoded_len(&self, response: &Response<Ctx>) -> Result<usize> {
        let Response::ValueResponse(response) = response;
        let value = |v: &RawDecidedValue<Ctx>| v.value_bytes.len() + 96 * v.certificate.commit_signatures.len() + 64;
        Ok(16 + response.values.iter().map(value).sum::<usize>())
    }
}
