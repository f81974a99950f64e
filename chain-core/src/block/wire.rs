//! A whole block as bytes: in an archive with its transactions as sent, in a node with them packed.

use super::{Certificate, Header};
use serde::{Deserialize, Serialize};

/// Longest block read, bytes.
const MAX_BYTES: usize = 64 << 20;

/// Header, certificate of the block before, and transactions.
///
/// Its bytes are bincode 2, standard configuration, at most 64 MiB, without trailing bytes. They are an envelope:
/// nothing hashes or signs them. The header binds what is inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireBlock {
    /// The header.
    pub header: Header,
    /// The certificate of the block before; none at height 1.
    pub certificate: Option<Certificate>,
    /// The transactions' bytes: as they were sent, or packed ([`crate::tx::packed`]) where a node stores them.
    #[serde(with = "byte_strings")]
    pub txs: Vec<Vec<u8>>,
}

/// The same, borrowed: written without copying the transactions first.
#[derive(Serialize)]
struct Borrowed<'a> {
    header: &'a Header,
    certificate: Option<&'a Certificate>,
    txs: Vec<&'a serde_bytes::Bytes>,
}

impl WireBlock {
    /// The bytes.
    ///
    /// # Errors
    /// A sentence: the encoder failed.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        WireBlock::encode(&self.header, self.certificate.as_ref(), self.txs.iter().map(Vec::as_slice))
    }

    /// The bytes of a block from its parts.
    ///
    /// # Errors
    /// A sentence: the encoder failed.
    pub fn encode<'a>(
        header: &Header,
        certificate: Option<&Certificate>,
        txs: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Vec<u8>, String> {
        let txs: Vec<&serde_bytes::Bytes> = txs.map(serde_bytes::Bytes::new).collect();
        let mut out = Vec::with_capacity(4096 + txs.iter().map(|tx| tx.len() + 8).sum::<usize>());
        let block = Borrowed { header, certificate, txs };
        bincode::serde::encode_into_std_write(block, &mut out, bincode::config::standard())
            .map_err(|error| error.to_string())?;
        Ok(out)
    }

    /// Reads a block without judging it; none for anything that is not one.
    pub fn from_bytes(bytes: &[u8]) -> Option<WireBlock> {
        let config = bincode::config::standard().with_limit::<MAX_BYTES>();
        let (block, read) = bincode::serde::decode_from_slice(bytes, config).ok()?;
        (read == bytes.len()).then_some(block)
    }
}

/// Lists of byte strings for serde: copied whole, where `Vec<Vec<u8>>` by itself goes byte by byte. The bytes written
/// are the same.
pub mod byte_strings {
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_bytes::{ByteBuf, Bytes};

    /// Writes a list.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(list: &[Vec<u8>], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(list.iter().map(|bytes| Bytes::new(bytes)))
    }

    /// Reads a list.
    ///
    /// # Errors
    /// The deserializer's.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Vec<u8>>, D::Error> {
        Ok(Vec::<ByteBuf>::deserialize(d)?.into_iter().map(ByteBuf::into_vec).collect())
    }
}
